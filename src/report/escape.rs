//! Names in text, SVG and Markdown: what a reader sees is what is there, and no name can act on the
//! document around it.
//!
//! Text and SVG: [`visible`] (the SVG writer itself escapes `<`, `>`, `&` and quotes, and what XML 1.0
//! forbids is hidden, hence written out). Markdown: [`markdown`], and [`markdown_code`] for code spans.
//! JSON and CSV hold the names themselves.

pub use crate::problem::{visible, visible_lines};

/// A text as one line of Markdown that is shown as it is: hidden characters are written out, and
/// every character that Markdown (CommonMark with tables) gives a meaning to has a backslash in front.
pub fn markdown(text: &str) -> String {
    let text = visible(text);
    let mut shown = String::with_capacity(text.len());
    // At the beginning of a line digits with a dot or a bracket after them begin a list.
    let mut number = true;
    for (i, c) in text.chars().enumerate() {
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!' | '$' => {
                true
            }
            '-' | '+' | '=' => i == 0,
            '.' | ')' => number && i > 0,
            _ => false,
        };
        match c {
            // Spaces at the beginning of a line would be dropped, or make a block of code.
            ' ' if shown.len() == 5 * i => shown.push_str("&#32;"),
            c => {
                if special {
                    shown.push('\\');
                }
                shown.push(c);
            }
        }
        number = number && c.is_ascii_digit();
    }
    shown
}

/// A text as a Markdown code span, whatever backticks are in it; hidden characters are written out.
pub fn markdown_code(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space at each end is not part of the code; without it a backtick there would be.
    let pad = if text.starts_with('`')
        || text.ends_with('`')
        || text.starts_with(' ') && text.ends_with(' ')
    {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_has_no_meaning_left() {
        for (name, shown) in [
            ("balanced-hinge 2.0", "balanced-hinge 2.0"),
            ("|*`<script>", "\\|\\*\\`\\<script\\>"),
            (
                "![a](b) [c]: &lt; # ~~x~~ _y_ \\",
                "\\!\\[a\\](b) \\[c\\]: \\&lt; \\# \\~\\~x\\~\\~ \\_y\\_ \\\\",
            ),
            ("- x", "\\- x"),
            ("12. x", "12\\. x"),
            ("1) x.", "1\\) x."),
            ("  x y", "&#32;&#32;x y"),
            ("a\u{202e}b\nc", "a\\\\u{202e}b\\\\nc"),
        ] {
            assert_eq!(markdown(name), shown);
        }
    }

    #[test]
    fn code_spans_are_closed_by_their_own_fence_only() {
        for (text, shown) in [
            ("x", "`x`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("a ``` b`", "```` a ``` b` ````"),
            (" x ", "`  x  `"),
            ("\u{202e}\n", "`\\u{202e}\\n`"),
        ] {
            assert_eq!(markdown_code(text), shown);
        }
    }
}
