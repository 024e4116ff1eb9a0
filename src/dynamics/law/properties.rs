//! Properties of an exported chain in the language that Storm and PRISM share: what the law says of it, asked of
//! another engine.

use super::Chain;
use super::export::norm_name;
use std::fmt::Write;

/// What a property file begins with.
const HEAD: &str = "\
// Properties of the model file beside this one: labels \"perfect\" (accuracy is 1), \"settled\" (every gate is closed)
// and \"unexplored\"; rewards accuracy and norm_squared_J, whose expectation at a step is that of the law.
";

impl Chain<'_> {
    /// The properties of the file that [`Chain::write_umb`] writes: P(accuracy = 1), P(settled) and expectations at
    /// this step, or at the last one that is explored before it; and P(accuracy = 1) for ever with the hitting
    /// time, or bounds of it where the chain ends at a horizon.
    pub fn properties(&self, steps: u64) -> String {
        let last = self.graph.last_step();
        let t = last.map_or(steps, |last| last.min(steps));
        let mut text = HEAD.to_owned();
        let mut add = |name: String, property: String| {
            let _ = writeln!(text, "\"{name}\": {property};");
        };
        add(
            format!("perfect_at_{t}"),
            format!("P=? [F[{t},{t}] \"perfect\"]"),
        );
        add(
            format!("perfect_by_{t}"),
            format!("P=? [F<={t} \"perfect\"]"),
        );
        add(
            format!("settled_at_{t}"),
            format!("P=? [F[{t},{t}] \"settled\"]"),
        );
        let mut expected = |name: String| {
            add(
                format!("{name}_at_{t}"),
                format!("R{{\"{name}\"}}=? [I={t}]"),
            );
        };
        expected("accuracy".to_owned());
        if !self.is_merged {
            (0..self.problem.n_filters()).for_each(|j| expected(norm_name(j)));
        }
        text += &match last {
            None => "// For ever; the steps are infinite where accuracy 1 may never be reached.\n\
                     \"ever_perfect\": P=? [F \"perfect\"];\n\
                     \"steps_to_perfect\": R{\"steps\"}=? [F \"perfect\"];\n"
                .to_owned(),
            Some(last) => format!(
                "// States that only step {last} reaches were not explored and stay: for ever there are bounds.\n\
                 \"ever_perfect_at_least\": P=? [F \"perfect\"];\n\
                 \"ever_perfect_at_most\": P=? [F (\"perfect\" | \"unexplored\")];\n"
            ),
        };
        text
    }
}
