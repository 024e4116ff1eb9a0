//! How numbers and tables look on a terminal.

use crate::number::Q;
use anstyle::Style;
use comfy_table::{CellAlignment, Table, presets};
use num_traits::{Signed, ToPrimitive, Zero};

/// Longest rational that is written out in a table, in characters.
const MAX_EXACT: usize = 15;

/// A rational for a table: itself if it is short, else its decimal beginning after a `~`.
pub fn short_rational(q: &Q) -> String {
    // Digits are counted from bits, since printing a number of a million digits takes long.
    if q.numer().bits() + q.denom().bits() <= 4 * MAX_EXACT as u64 {
        let text = q.to_string();
        if text.len() <= MAX_EXACT {
            return text;
        }
    }
    match q.to_f64() {
        Some(value) if value.is_finite() && (value != 0.0 || q.is_zero()) => {
            format!("~{}", short_float(value))
        }
        _ => {
            let bits = q.numer().bits() as i128 - q.denom().bits() as i128;
            format!("~{}2^{bits}", if q.is_negative() { "-" } else { "" })
        }
    }
}

/// An `f64` with five significant digits.
pub fn short_float(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if (1e-3..1e6).contains(&size) {
        let before = size.log10().floor() as i32;
        let decimals = (4 - before).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.4e}")
    }
}

/// Text in bold type; whoever prints it removes that unless it goes to a terminal.
pub fn bold(text: &str) -> String {
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}

/// A table without lines: a header and rows of cells, the first column left, all others right.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Rows of CSV with a header.
pub fn csv(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and the rows are as long as the header.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(&row);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, parse_rational, ratio};

    #[test]
    fn short_numbers_are_exact_and_long_ones_say_that_they_are_not() {
        assert_eq!(short_rational(&ratio(-57, 32)), "-57/32");
        assert_eq!(short_rational(&integer(0)), "0");
        assert_eq!(
            short_rational(&ratio(1_000_000_007, 3_000_000_011)),
            "~0.33333"
        );
        assert_eq!(
            short_rational(&parse_rational("-1e400").unwrap()),
            "~-2^1328"
        );
        assert_eq!(
            short_rational(&parse_rational("1e-400").unwrap()),
            "~2^-1328"
        );
    }

    #[test]
    fn floats_have_five_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1.5, "1.5000"),
            (-123.456789, "-123.46"),
            (99999.96, "100000"),
            (1e-9, "1.0000e-9"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short_float(value), text);
        }
    }
}
