//! Names as people see them: what a terminal, a browser or an editor would act on, or not show, is
//! written out.

use std::borrow::Cow;

/// A text of one line in which every hidden character ([`is_hidden`]) is written out: `\n`, `\t`, `\u{1b}`,
/// `\u{202e}`. All else stays as it is, and a text without hidden characters is not copied, so doing it
/// twice is doing it once. Every name that comes from a file, a folder or the command line goes through
/// it on its way to text, SVG, Markdown or an error message; JSON keeps the name itself.
///
/// # Cost
/// One pass over the text.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if c.is_control() => shown.extend(c.escape_debug()),
            c if is_hidden(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// [`visible`], line by line: line feeds stay, for messages of several lines.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(visible).collect();
    Cow::Owned(lines.join("\n"))
}

/// Is this a character that acts on the text around it or cannot be seen: a control character, one of
/// Unicode's format characters (those that turn the direction of writing and those of no width among
/// them), a line or paragraph separator, another character that is not drawn (default ignorable), or no
/// character at all (U+FFFE, U+FFFF and their like, which XML does not allow)?
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            // Format characters (category Cf).
            0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180e
                | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
                | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
                // Line and paragraph separator.
                | 0x2028..=0x2029
                // Joiners, fillers, variation selectors, tags: without width, or blank.
                | 0x34f | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x3164
                | 0xfe00..=0xfe0f | 0xffa0 | 0xfff0..=0xfff8 | 0xe0000..=0xe0fff
                // No characters.
                | 0xfdd0..=0xfdef
        )
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_written_out_and_others_stay() {
        for (name, shown) in [
            ("a\u{202e}b", "a\\u{202e}b"),
            ("x\u{1b}[31m", "x\\u{1b}[31m"),
            ("line\nbreak\t\r\0", "line\\nbreak\\t\\r\\0"),
            (
                "\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}",
                "\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{61c}",
            ),
            (
                "\u{200b}\u{feff}\u{2028}\u{2029}",
                "\\u{200b}\\u{feff}\\u{2028}\\u{2029}",
            ),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("\u{ffff}\u{10fffe}", "\\u{ffff}\\u{10fffe}"),
        ] {
            assert_eq!(visible(name), shown);
        }
        for name in [
            "",
            "balanced",
            "é e\u{301} 日本 עברית ∑ 😀",
            "C:\\u{202e}",
            "|*`<script>&\"'",
        ] {
            assert!(matches!(visible(name), Cow::Borrowed(_)), "{name}");
        }
        assert_eq!(visible_lines("a\u{202d}\nb\r\n"), "a\\u{202d}\nb\\r\n");
    }

    /// Every scalar value: what Rust's own table calls not printable (which holds all control, format and
    /// separator characters, and more) contains what is hidden, but for the few that are drawn blank;
    /// and nothing that is hidden is left in what is shown.
    #[test]
    fn every_character_is_shown_or_escaped() {
        let blank = |c: char| {
            matches!(u32::from(c), 0x34f | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x3164
                | 0xfe00..=0xfe0f | 0xffa0 | 0xe0100..=0xe01ef)
        };
        for c in '\0'..=char::MAX {
            let text = format!("a{c}");
            let shown = visible(&text);
            assert!(!shown.contains(is_hidden), "{c:?}");
            assert_eq!(shown == text, !is_hidden(c), "{c:?}");
            assert_eq!(visible(&shown), shown);
            // After a letter, so that a mark that combines with it counts as printable.
            let printable = text.escape_debug().count() == 2 || matches!(c, '"' | '\'' | '\\');
            assert!(!(is_hidden(c) && printable) || blank(c), "{c:?}");
        }
    }
}
