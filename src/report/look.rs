//! How text for a terminal looks: its width, its colours, tables with and without lines.

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};

/// How text for a terminal looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Longest line, in columns.
    pub width: u16,
    /// Do words keep their colours?
    pub coloured: bool,
}

impl Default for Look {
    /// 80 columns without colours.
    fn default() -> Self {
        Look {
            width: 80,
            coloured: false,
        }
    }
}

/// How the rows of a table are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// A line between rows, for cells of several lines.
    Ruled,
    /// No line between rows.
    Plain,
}

const LINE: LineStyle = LineStyle::none().fill('─').junction('─');

/// A table in this crate's style.
pub fn new_table(rows: Rows, look: Look) -> Table {
    let style = TableStyle::new()
        .top_border(LINE)
        .header_separator(LINE)
        .bottom_border(LINE);
    let style = match rows {
        Rows::Ruled => style.row_separator(LINE),
        Rows::Plain => style,
    };
    styled(style, look)
}

/// A table without lines.
pub fn grid(look: Look) -> Table {
    styled(TableStyle::new(), look)
}

fn styled(style: TableStyle, look: Look) -> Table {
    let mut table = Table::new();
    table
        .load_style(style)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(look.width);
    if look.coloured {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

/// Cells one blank apart, the first of a line indented by two.
pub fn spaced(grid: &mut Table) {
    for column in grid.column_iter_mut() {
        column.set_padding((0, 1));
    }
    let last = grid.column_count().saturating_sub(1);
    for (column, padding) in [(last, (0, 0)), (0, (2, 1))] {
        if let Some(column) = grid.column_mut(column) {
            column.set_padding(padding);
        }
    }
}

/// Text with its lines broken at the width; all but the first start with the indent.
pub fn filled(text: &str, indent: &str, look: Look) -> String {
    let options = textwrap::Options::new(usize::from(look.width))
        .subsequent_indent(indent)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Text with its lines broken at the width.
pub fn wrapped(text: &str, look: Look) -> String {
    filled(text, "", look)
}

/// The rendered table without trailing blanks.
pub fn finish(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}
