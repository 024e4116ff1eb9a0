//! The bytes that a law is saved in: numbers of any length and lists of them, written as they come and read with checks.
//!
//! Numbers are seven bits a byte, least first; a list of ids takes as many bytes for each as its largest one needs.
//! Nothing that is read is trusted: a list is never made longer than the bytes that are left, so memory stays within a
//! small multiple of the file.

use crate::dynamics::limits::Stop;
use crate::number::Q;
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Zero};
use std::io::{self, Write};
use thiserror::Error;

/// Bytes that are gathered before they are handed on.
const CHUNK: usize = 1 << 16;

/// Why one cannot go on from what is saved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("what is saved cannot be gone on from: {0}")]
pub struct SavedError(&'static str);

impl SavedError {
    /// With the reason in words.
    pub(super) fn new(reason: &'static str) -> Self {
        SavedError(reason)
    }
}

/// Nothing, if this holds.
///
/// # Errors
/// The reason, if it does not.
pub(super) fn ensure(holds: bool, reason: &'static str) -> Result<(), SavedError> {
    match holds {
        true => Ok(()),
        false => Err(SavedError(reason)),
    }
}

/// What is being written.
pub(super) struct Out<'w> {
    to: &'w mut dyn Write,
    buffer: Vec<u8>,
    result: io::Result<()>,
}

impl<'w> Out<'w> {
    /// Nothing is written yet.
    pub(super) fn new(to: &'w mut dyn Write) -> Self {
        Out {
            to,
            buffer: Vec::new(),
            result: Ok(()),
        }
    }

    /// Hands on what is left.
    ///
    /// # Errors
    /// What the system said, at any time.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.hand_on();
        self.result
    }

    fn hand_on(&mut self) {
        if self.result.is_ok() {
            self.result = self.to.write_all(&self.buffer);
        }
        self.buffer.clear();
    }

    #[inline]
    fn make_room(&mut self) {
        if self.buffer.len() >= CHUNK {
            self.hand_on();
        }
    }

    /// A byte.
    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.make_room();
        self.buffer.push(byte);
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, is_set: bool) {
        self.byte(u8::from(is_set));
    }

    /// A number.
    #[inline]
    pub(super) fn number(&mut self, mut number: u64) {
        self.make_room();
        while number >= 1 << 7 {
            self.buffer.push(number as u8 | 1 << 7);
            number >>= 7;
        }
        self.buffer.push(number as u8);
    }

    /// A number of items.
    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number with a sign.
    #[inline]
    pub(super) fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63) as u64);
    }

    /// Ids below `u32::MAX`.
    pub(super) fn ids(&mut self, ids: impl ExactSizeIterator<Item = u32> + Clone) {
        self.count(ids.len());
        let bits = 32 - ids.clone().fold(0, |all, id| all | id).leading_zeros();
        let width = bits.div_ceil(8).max(1) as usize;
        self.byte(width as u8);
        for id in ids {
            self.make_room();
            self.buffer.extend_from_slice(&id.to_le_bytes()[..width]);
        }
    }

    /// Ids, some of which are `u32::MAX`: there is none.
    pub(super) fn optional_ids(&mut self, ids: impl ExactSizeIterator<Item = u32> + Clone) {
        self.ids(ids.map(|id| id.wrapping_add(1)));
    }

    /// Words.
    pub(super) fn words(&mut self, words: &[u64]) {
        self.count(words.len());
        for word in words {
            self.make_room();
            self.buffer.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// Bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.raw(bytes);
    }

    /// Bytes that say themselves where they end.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(CHUNK) {
            self.make_room();
            self.buffer.extend_from_slice(part);
        }
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A number of any length.
    pub(super) fn natural(&mut self, number: &BigUint) {
        self.bytes(&number.to_bytes_le());
    }

    /// A number of any length with a sign.
    pub(super) fn integer(&mut self, number: &BigInt) {
        self.flag(number.sign() == Sign::Minus);
        self.natural(number.magnitude());
    }

    /// A reduced fraction.
    pub(super) fn rational(&mut self, number: &Q) {
        self.integer(number.numer());
        self.natural(number.denom().magnitude());
    }

    /// Reduced fractions.
    pub(super) fn rationals(&mut self, numbers: &[Q]) {
        self.count(numbers.len());
        numbers.iter().for_each(|number| self.rational(number));
    }

    /// A limit.
    pub(super) fn stop(&mut self, stop: &Stop) {
        self.text(&stop.limit);
        self.number(stop.t);
    }

    /// A limit, if there is one.
    pub(super) fn optional_stop(&mut self, stop: Option<&Stop>) {
        self.flag(stop.is_some());
        if let Some(stop) = stop {
            self.stop(stop);
        }
    }
}

/// What is left to be read.
pub(super) struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    /// All of this.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        In(bytes)
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], SavedError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(SavedError("it is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// As [`Out::byte`].
    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, SavedError> {
        Ok(self.take(1)?[0])
    }

    /// As [`Out::flag`].
    pub(super) fn flag(&mut self) -> Result<bool, SavedError> {
        let byte = self.byte()?;
        ensure(byte <= 1, "a yes or no is neither")?;
        Ok(byte == 1)
    }

    /// As [`Out::number`].
    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, SavedError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            ensure(part << shift >> shift == part, "a number is too long")?;
            number |= part << shift;
            if byte >> 7 == 0 {
                return Ok(number);
            }
        }
        Err(SavedError("a number is too long"))
    }

    /// As [`Out::number`], at most this.
    pub(super) fn up_to(&mut self, most: u64, reason: &'static str) -> Result<u64, SavedError> {
        let number = self.number()?;
        ensure(number <= most, reason)?;
        Ok(number)
    }

    /// As [`Out::count`], of items that take so many bytes at least.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, SavedError> {
        let most = self.0.len() / least.max(1);
        Ok(self.up_to(most as u64, "it is cut short")? as usize)
    }

    /// As [`Out::signed`].
    #[inline]
    pub(super) fn signed(&mut self) -> Result<i64, SavedError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// As [`Out::ids`]; all of them are below `end`.
    pub(super) fn ids(&mut self, end: usize, reason: &'static str) -> Result<Vec<u32>, SavedError> {
        let count = self.number()?;
        let width = usize::from(self.byte()?);
        let size = usize::try_from(count)
            .ok()
            .and_then(|n| n.checked_mul(width));
        ensure((1..=4).contains(&width), "ids of no width")?;
        let bytes = self.take(size.ok_or(SavedError("it is cut short"))?)?;
        let ids: Vec<u32> = match width {
            1 => bytes.iter().map(|&b| b.into()).collect(),
            2 => fixed(bytes, |[a, b]: [u8; 2]| [a, b, 0, 0]),
            3 => fixed(bytes, |[a, b, c]: [u8; 3]| [a, b, c, 0]),
            _ => fixed(bytes, |id: [u8; 4]| id),
        };
        let fits = ids.iter().max().is_none_or(|&id| (id as usize) < end);
        ensure(fits, reason)?;
        Ok(ids)
    }

    /// As [`Out::optional_ids`]; all that are there are below `end`.
    pub(super) fn optional_ids(
        &mut self,
        end: usize,
        reason: &'static str,
    ) -> Result<Vec<u32>, SavedError> {
        let mut ids = self.ids(end.saturating_add(1), reason)?;
        ids.iter_mut().for_each(|id| *id = id.wrapping_sub(1));
        Ok(ids)
    }

    /// As [`Out::words`].
    pub(super) fn words(&mut self) -> Result<Vec<u64>, SavedError> {
        let count = self.count(8)?;
        let (words, _) = self.take(8 * count)?.as_chunks();
        Ok(words.iter().map(|&word| u64::from_le_bytes(word)).collect())
    }

    /// As [`Out::bytes`].
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], SavedError> {
        let count = self.count(1)?;
        self.take(count)
    }

    /// As [`Out::text`].
    pub(super) fn text(&mut self) -> Result<String, SavedError> {
        let text = std::str::from_utf8(self.bytes()?);
        Ok(text.map_err(|_| SavedError("a text is none"))?.to_owned())
    }

    /// As [`Out::natural`].
    pub(super) fn natural(&mut self) -> Result<BigUint, SavedError> {
        Ok(BigUint::from_bytes_le(self.bytes()?))
    }

    /// As [`Out::integer`].
    pub(super) fn integer(&mut self) -> Result<BigInt, SavedError> {
        let sign = if self.flag()? {
            Sign::Minus
        } else {
            Sign::Plus
        };
        Ok(BigInt::from_biguint(sign, self.natural()?))
    }

    /// As [`Out::rational`]; whether it is reduced is not looked at.
    pub(super) fn rational(&mut self) -> Result<Q, SavedError> {
        let numerator = self.integer()?;
        let denominator = BigInt::from(self.natural()?);
        ensure(!denominator.is_zero(), "a fraction over 0")?;
        Ok(Q::raw(numerator, denominator))
    }

    /// As [`Out::rational`], and reduced.
    ///
    /// # Cost
    /// One gcd, if the denominator is not 1.
    pub(super) fn reduced(&mut self) -> Result<Q, SavedError> {
        let raw = self.rational()?;
        if raw.denom().is_one() {
            return Ok(raw);
        }
        let reduced = raw.reduced();
        ensure(reduced.denom() == raw.denom(), "a fraction is not reduced")?;
        Ok(raw)
    }

    /// As [`Out::rationals`]; whether they are reduced is not looked at.
    pub(super) fn rationals(&mut self) -> Result<Vec<Q>, SavedError> {
        let count = self.count(4)?;
        (0..count).map(|_| self.rational()).collect()
    }

    /// As [`Out::stop`].
    pub(super) fn stop(&mut self) -> Result<Stop, SavedError> {
        Ok(Stop {
            limit: self.text()?,
            t: self.number()?,
        })
    }

    /// As [`Out::optional_stop`].
    pub(super) fn optional_stop(&mut self) -> Result<Option<Stop>, SavedError> {
        let is_there = self.flag()?;
        is_there.then(|| self.stop()).transpose()
    }

    /// Fails if something is left.
    pub(super) fn end(&self) -> Result<(), SavedError> {
        ensure(self.0.is_empty(), "something follows")
    }
}

/// Ids of N bytes each.
fn fixed<const N: usize>(bytes: &[u8], id: impl Fn([u8; N]) -> [u8; 4]) -> Vec<u32> {
    let (ids, _) = bytes.as_chunks::<N>();
    ids.iter().map(|&x| u32::from_le_bytes(id(x))).collect()
}
