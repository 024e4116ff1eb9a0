//! A word of the output, as the glossary lists it.

/// What a word belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The claims of the paper's abstract.
    Claims,
    /// Further statements of a theorem, checked with it.
    Variants,
    /// What a check concludes.
    Verdicts,
    /// What a number or a verdict rests on.
    Evidence,
    /// Images, patterns and the network.
    Model,
    /// How the network moves.
    Dynamics,
    /// What is measured.
    Quantities,
    /// Letters of formulas.
    Symbols,
    /// Named figures of verdicts.
    Figures,
    /// Claims of certificates.
    Certificates,
    /// The experiment on real images.
    Images,
}

impl Group {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Group; 11] = [
        Group::Claims,
        Group::Variants,
        Group::Verdicts,
        Group::Evidence,
        Group::Model,
        Group::Dynamics,
        Group::Quantities,
        Group::Symbols,
        Group::Figures,
        Group::Certificates,
        Group::Images,
    ];

    /// What it is called in lists.
    pub fn title(self) -> &'static str {
        match self {
            Group::Claims => "claims of the abstract",
            Group::Variants => "variants of theorems",
            Group::Verdicts => "verdicts",
            Group::Evidence => "evidence",
            Group::Model => "images and network",
            Group::Dynamics => "dynamics",
            Group::Quantities => "quantities",
            Group::Symbols => "symbols",
            Group::Figures => "figures",
            Group::Certificates => "certificates",
            Group::Images => "real images",
        }
    }
}

/// A word of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Its names, the one it is listed under first.
    pub names: &'static [&'static str],
    /// What it belongs to.
    pub group: Group,
    /// What it is, in a few sentences.
    pub text: &'static str,
    /// Where it appears.
    pub appears: &'static str,
    /// A command that shows it.
    pub example: &'static str,
}

impl Word {
    /// Its names for a list: without plurals of other names.
    pub fn listed(self) -> impl Iterator<Item = &'static str> {
        let names = self.names;
        let is_plural = move |name: &&str| {
            let singular = name.strip_suffix('s');
            singular.is_some_and(|singular| names.contains(&singular))
        };
        names.iter().copied().filter(move |name| !is_plural(name))
    }
}
