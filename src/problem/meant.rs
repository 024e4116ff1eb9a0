//! What a misspelt word was meant to be.

/// Longest word that is looked at, in characters.
const MAX_WORD: usize = 64;

/// Shortest word that counts as meant by a longer one that contains it, in characters.
const MIN_PART: usize = 3;

/// The one of `words` that `found` was meant to be, if one is near: the same but for case, `-`, `_` and
/// spaces; else the fewest edits away, at most one for every three characters, of which the one that
/// begins alike most; else the only one that contains it or is contained in it.
///
/// # Example
/// ```
/// use filtercert::problem::closest;
///
/// assert_eq!(closest("stpes", ["step", "steps", "runs"]), Some("steps"));
/// assert_eq!(closest("ReLU", ["relu", "leaky-relu"]), Some("relu"));
/// assert_eq!(closest("momentum", ["step", "steps", "runs"]), None);
/// ```
pub fn closest<'a>(found: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let meant = plain(found);
    if meant.is_empty() || meant.chars().count() > MAX_WORD {
        return None;
    }
    let words: Vec<(&str, String)> = words.into_iter().map(|word| (word, plain(word))).collect();
    if let Some((word, _)) = words.iter().find(|(_, plain)| *plain == meant) {
        return Some(word);
    }
    let near = words.iter().filter_map(|(word, plain)| {
        let edits = strsim::damerau_levenshtein(&meant, plain);
        let longer = meant.chars().count().max(plain.chars().count());
        let alike = meant.chars().zip(plain.chars());
        let alike = alike.take_while(|(a, b)| a == b).count();
        (edits <= longer / 3).then_some((edits, usize::MAX - alike, *word))
    });
    if let Some((_, _, word)) = near.min_by_key(|(edits, unlike, _)| (*edits, *unlike)) {
        return Some(word);
    }
    let part = |whole: &str, part: &str| part.chars().count() >= MIN_PART && whole.contains(part);
    let mut around = words
        .iter()
        .filter(|(_, plain)| part(plain, &meant) || part(&meant, plain));
    match (around.next(), around.next()) {
        (Some((word, _)), None) => Some(word),
        _ => None,
    }
}

/// A word as it is compared.
fn plain(word: &str) -> String {
    let kept = word.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let ids = ["T0", "T1", "T4", "T9", "T11", "T14", "A1", "A6'", "H"];
        for (found, words, meant) in [
            (
                "hinged",
                &["unhinged", "hinge", "square"][..],
                Some("hinge"),
            ),
            ("Leaky_ReLU", &["relu", "leaky-relu"], Some("leaky-relu")),
            ("alternate", &["alternating", "random"], Some("alternating")),
            ("max-pooling", &["sum", "max"], Some("max")),
            ("leaky", &["relu", "leaky-relu"], Some("leaky-relu")),
            ("T41", &ids, Some("T4")),
            ("t14", &ids, Some("T14")),
            ("T99", &ids, Some("T9")),
            ("Z", &ids, None),
            ("", &ids, None),
            ("tanh", &["relu", "leaky-relu", "identity"], None),
            ("relu", &["leaky-relu", "relu-squared"], None),
        ] {
            assert_eq!(closest(found, words.iter().copied()), meant, "{found}");
        }
        assert_eq!(closest(&"s".repeat(1_000_000), ["steps"]), None);
    }
}
