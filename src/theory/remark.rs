//! What there is to say, as data: a sentence with gaps and the values that fill them. `report` writes it out.

use crate::number::{Q, integer};
use num_bigint::BigInt;

/// A sentence, or a part of one, with a gap `{}` for each of its values. Made by [`remark!`](crate::remark).
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    template: &'static str,
    values: Vec<Value>,
}

/// What fills a gap.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// How many.
    Count(u64),
    /// How many, and of what: `1 run`, `3 runs`.
    Counted(u64, &'static str),
    /// An exact number.
    Number(Q),
    /// A name, or a limit in the words of an engine.
    Text(String),
    /// Another remark.
    Remark(Box<Remark>),
}

impl Remark {
    /// A template with as many values as it has gaps.
    pub fn new(template: &'static str, values: Vec<Value>) -> Self {
        debug_assert_eq!(gaps(template), values.len(), "{template}");
        Remark { template, values }
    }

    /// The sentence with its gaps.
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// What fills them, in order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// How many gaps `{}` a template has.
pub const fn gaps(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut found, mut i) = (0, 1);
    while i < bytes.len() {
        if bytes[i - 1] == b'{' && bytes[i] == b'}' {
            found += 1;
        }
        i += 1;
    }
    found
}

/// `remark!("{} of {} states", a, b)`: a [`Remark`]; that gaps and values are as many is checked when it is compiled.
#[macro_export]
macro_rules! remark {
    ($template:literal $(, $value:expr)* $(,)?) => {{
        const GIVEN: usize = <[&str]>::len(&[$(stringify!($value)),*]);
        const { assert!($crate::theory::remark::gaps($template) == GIVEN, "a value for each gap") };
        $crate::theory::remark::Remark::new($template, vec![$($value.into()),*])
    }};
}

impl From<&'static str> for Remark {
    /// A sentence without gaps.
    fn from(template: &'static str) -> Self {
        Remark::new(template, Vec::new())
    }
}

impl From<String> for Remark {
    /// The words of an engine, such as the limit that stopped it.
    fn from(text: String) -> Self {
        Remark::new("{}", vec![Value::Text(text)])
    }
}

/// `From` a type: how it fills a gap.
macro_rules! fills {
    ($($type:ty: $given:ident => $value:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($given: $type) -> Self {
                $value
            }
        }
    )*};
}

fills! {
    u32: count => Value::Count(count.into());
    u64: count => Value::Count(count);
    usize: count => Value::Count(count as u64);
    (u64, &'static str): counted => Value::Counted(counted.0, counted.1);
    Q: number => Value::Number(number);
    &Q: number => Value::Number(number.clone());
    &BigInt: number => Value::Number(integer(number.clone()));
    &str: text => Value::Text(text.to_owned());
    String: text => Value::Text(text);
    Remark: remark => Value::Remark(Box::new(remark));
}

/// Remarks that follow each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remarks(Vec<Remark>);

impl Remarks {
    /// Adds one.
    pub fn push(&mut self, remark: impl Into<Remark>) {
        self.0.push(remark.into());
    }

    /// Adds others.
    pub fn extend(&mut self, others: Remarks) {
        self.0.extend(others.0);
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order.
    pub fn iter(&self) -> std::slice::Iter<'_, Remark> {
        self.0.iter()
    }
}

impl<R: Into<Remark>> From<R> for Remarks {
    fn from(remark: R) -> Self {
        Remarks(vec![remark.into()])
    }
}
