//! How numbers and tables look on a terminal.

use anstyle::Style;
use comfy_table::{CellAlignment, Table, presets};
use filtercert::dynamics::float::to_nearest;
use filtercert::number::Q;
use filtercert::report::escape::visible;
pub use filtercert::report::format::{float as short_float, rational as short_rational, shortest};
use std::path::Path;

/// A heading of one line in bold type, hidden characters of the names in it written out; whoever prints
/// it removes the style unless it goes to a terminal.
pub fn bold(text: &str) -> String {
    let style = Style::new().bold();
    format!("{style}{}{style:#}", visible(text))
}

/// A path as text shows it.
pub fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// A table without lines: a header and rows of cells, the first column left, all others right.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.to_vec());
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
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

/// The columns of an exact number: its fraction, and a decimal for programs that read none.
pub fn exact_columns(name: &str) -> [String; 2] {
    [name.to_owned(), format!("{name}_approx")]
}

/// The cells of an exact number: the fraction, and the nearest float. Both are empty where there is no number;
/// the float also where it would be infinite.
pub fn exact_cells(q: Option<&Q>) -> [String; 2] {
    let Some(q) = q else {
        return Default::default();
    };
    let near = Some(to_nearest(q)).filter(|x| x.is_finite());
    [q.to_string(), near.map_or(String::new(), shortest)]
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
