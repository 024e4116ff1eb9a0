//! A run as text: base64 of its bytes, so that every number comes back bit for bit.
//!
//! Little-endian: updates, both sums of gates, open samples, finite steps, the first step that is not finite (all ones
//! where there is none), 8 bytes each; a byte for perfect; then the records. A record is a byte that says whether it is the
//! same as the one before (0) or a new one whose accuracy was decided (1) or not (2), and a new one's five numbers.

use super::statistics::Record;
use super::{Course, RunEnd};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// No step.
const NONE: u64 = u64::MAX;

impl Serialize for Course {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(self.to_bytes()))
    }
}

impl<'de> Deserialize<'de> for Course {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text.as_bytes());
        let course = bytes.ok().and_then(|bytes| Course::from_bytes(&bytes));
        course.ok_or_else(|| D::Error::custom("found no run, expected base64 of one"))
    }
}

impl Course {
    fn to_bytes(&self) -> Vec<u8> {
        let end = &self.end;
        let [plus, minus] = end.gate_sums.map(f64::to_bits);
        let numbers = [
            end.updates,
            plus,
            minus,
            self.open_samples,
            self.finite_steps,
            end.not_finite_from.unwrap_or(NONE),
        ];
        let mut bytes: Vec<u8> = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        bytes.push(u8::from(end.perfect));
        let mut before = None;
        for record in &self.records {
            if before == Some(record) {
                bytes.push(0);
                continue;
            }
            let (numbers, decided) = record.to_bits();
            bytes.push(if decided { 1 } else { 2 });
            bytes.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
            before = Some(record);
        }
        bytes
    }

    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        let [
            updates,
            plus,
            minus,
            open_samples,
            finite_steps,
            not_finite_from,
        ] = numbers(rest)?;
        let perfect = byte(rest)?;
        let mut records: Vec<Record> = Vec::new();
        while let Some(kind) = byte(rest) {
            let record = match kind {
                0 => *records.last()?,
                1 | 2 => Record::from_bits((numbers(rest)?, kind == 1)),
                _ => return None,
            };
            records.push(record);
        }
        Some(Course {
            records,
            end: RunEnd {
                updates,
                gate_sums: [plus, minus].map(f64::from_bits),
                perfect: (perfect < 2).then_some(perfect == 1)?,
                not_finite_from: (not_finite_from != NONE).then_some(not_finite_from),
            },
            open_samples,
            finite_steps,
        })
    }
}

/// Takes a byte from the front.
fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

/// Takes so many numbers from the front.
fn numbers<const N: usize>(bytes: &mut &[u8]) -> Option<[u64; N]> {
    let mut all = [0; N];
    for number in &mut all {
        let (first, rest) = bytes.split_first_chunk()?;
        (*number, *bytes) = (u64::from_le_bytes(*first), rest);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> impl Strategy<Value = Record> {
        // All bits: NaN with any payload, infinities, both zeros.
        any::<([u64; 5], bool)>().prop_map(Record::from_bits)
    }

    proptest! {
        /// Fails for a record whose repetition is taken for a new one, and for any number that passes through decimals.
        #[test]
        fn a_run_comes_back_bit_for_bit(
            records in prop::collection::vec((record(), 1..4usize), 0..9),
            updates: u64,
            sums: [u64; 2],
            perfect: bool,
            not_finite_from in prop::option::of(0..NONE),
            open: u64,
        ) {
            let repeated = |(record, times): (Record, usize)| std::iter::repeat_n(record, times);
            let course = Course {
                records: records.into_iter().flat_map(repeated).collect(),
                end: RunEnd { updates, gate_sums: sums.map(f64::from_bits), perfect, not_finite_from },
                open_samples: open,
                finite_steps: 7,
            };
            let bytes = course.to_bytes();
            let back = Course::from_bytes(&bytes).unwrap();
            prop_assert_eq!(back.to_bytes(), bytes.clone());
            prop_assert_eq!(back.records, course.records.clone());
            let text = serde_json::to_string(&course).unwrap();
            prop_assert_eq!(serde_json::from_str::<Course>(&text).unwrap().to_bytes(), bytes);
        }

        /// What is no run is refused, whatever it is.
        #[test]
        fn bytes_of_no_run_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            if let Some(course) = Course::from_bytes(&bytes) {
                prop_assert!(course.records.len() <= bytes.len());
            }
            prop_assert!(Course::from_bytes(&bytes[..bytes.len().min(48)]).is_none());
        }
    }
}
