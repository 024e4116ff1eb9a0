//! The named figures of verdicts, as `check -v` and JSON print them.

use super::word::{Group, Word};

/// `"name", ... => "what it is", "theorems", "example";`
macro_rules! figures {
    ($($($name:literal),+ => $text:literal, $appears:literal, $example:literal;)*) => {
        &[$(Word {
            names: &[$($name),+],
            group: Group::Figures,
            text: $text,
            appears: concat!("check -v and JSON, under ", $appears),
            example: concat!("filtercert check ", $example, " -v"),
        }),*]
    };
}

/// All of them, by what they are about.
pub(super) const FIGURES: &[Word] = figures! {
    "states_compared" =>
        "At how many states the mean of one SGD step was compared with the expected step.",
        "T0", "--builtin hinge --only T0";
    "coordinate_laws" =>
        "Of how many coordinates the expectation under SGD was computed from its exact law.",
        "T0", "--builtin default --only T0";
    "times_compared" =>
        "At how many steps of the expected dynamics the statement was compared.",
        "T1, T2", "--builtin default --only T1";
    "steps_compared" =>
        "Up to which step the statement was compared; of T10, how many steps of all paths together.",
        "T1, T7, T10", "--builtin default --only T1";
    "dying_coordinates" =>
        "How many coordinates have a negative drift and end at or below 0.",
        "T1", "--builtin default --only T1";

    "t_dominance" =>
        "T_dom(10): the least step from which on the least norm of a winner is certain to be ten times the largest norm of a loser.",
        "T2, T7", "--builtin default --only T2";
    "ratio_squared_at_end" =>
        "The squared dominance ratio at the last step, in the exact expected dynamics.",
        "T2, T7", "--builtin default --only T2";
    "ratio_squared_at_least" =>
        "A lower bound of the squared dominance ratio at the last step.",
        "T2", "--builtin default --only T2";
    "winner_norm_squared_at_least" =>
        "A lower bound of the squared norm of every winner at the last step.",
        "T2, T3", "--builtin default --only T2";
    "loser_norm_squared_at_most" =>
        "An upper bound of the squared norm of every loser.",
        "T2", "--builtin default --only T2";
    "cosine_squared_at_least" =>
        "A lower bound of the squared cosine of every winner with its key at the last step.",
        "T2", "--builtin default --only T2";

    "exact_paths" =>
        "How many sample paths were followed in exact arithmetic.",
        "T3, T3max, T6, T8, T13", "--builtin hinge --only T3";
    "steps_checked" =>
        "How many steps of SGD were compared, on all exact paths together.",
        "T3, T3max, T6, T8, T13", "--builtin hinge --only T3";
    "expected_steps_checked" =>
        "At how many steps of the expected dynamics the statement was compared too.",
        "T8", "--builtin trained-head --only T8";
    "largest_gate" =>
        "The largest gate that was met on an exact path; the theorem asks for gates in [0, 1].",
        "T3, T3max", "--builtin hinge --only T3";

    "probability_lower_bound" =>
        "The best lower bound of the probability that the theorem is about, at the last step: of dominance with `ratio` (T4), of accuracy 1 (T5), of `b` moves (T13).",
        "T4, T5, T13", "--builtin default --only T4";
    "exact_probability" =>
        "The same probability by an exact law, where that is affordable.",
        "T4, T5, T12", "examples/keys-apart.toml --only T12";
    "sampled_frequency" =>
        "The share of simulated runs (of T9 and T11: fresh starts) in which it happened, with an interval.",
        "T4, T5, T9, T11, T12, T13", "--builtin default --only T4";
    "stated_probability_lower_bound", "alive_probability_lower_bound", "end_point_probability_lower_bound" =>
        "The bound of each form of T4: as it is stated; alive, where coordinates that are not positive at the start cost nothing; and end point, from the walks at the last step alone.",
        "T4", "--builtin default --only T4";
    "samples_plus", "samples_minus" =>
        "The thresholds b_+ and b_- of the best certificate: it counts on at least so many samples of each label.",
        "T4", "--builtin default --only T4";
    "largest_walk_bound" =>
        "The largest threshold lambda_k of the best certificate: it counts on |S_k| staying at or below it.",
        "T4", "--builtin default --only T4";
    "distinct_walks" =>
        "How many walks of background patterns have laws of their own; those with equal laws are counted once.",
        "T4", "--builtin default --only T4";
    "window_start", "window_ratio" =>
        "A window of steps up to the last one on which dominance is certified with probability at least 1 - delta at every step: where it starts, and with which ratio.",
        "T4", "--builtin default --only T4";
    "exact_window_probability" =>
        "The exact probability of dominance with `window_ratio` at every step of the window.",
        "T4", "--builtin default --only T4";

    "least_certified_t" =>
        "The least step at which what the theorem says is certified with probability at least 1 - delta. `at most`: earlier steps were not all excluded.",
        "T4, T5, T6, T11, T12, T14", "--builtin default --only T5";
    "least_certified_t_stated" =>
        "The same for the form of T4 that is stated.",
        "T4", "--builtin default --only T4";
    "least_certified_t_thresholds", "least_certified_t_end_point", "least_certified_t_joint" =>
        "The same for each form of T5: thresholds, end point (T5s) and joint.",
        "T5", "--builtin default --only T5";
    "least_certified_t_classic" =>
        "The same by the inequality of T11 that is stated.",
        "T11", "examples/main-claim.toml --only T11";
    "bound_thresholds", "bound_end_point", "bound_joint" =>
        "The lower bound of P(accuracy = 1) at the last step by each form of T5: thresholds, end point (T5s) and joint.",
        "T5", "--builtin default --only T5";
    "threshold_b_plus", "threshold_b_minus" =>
        "The thresholds of T5 on the number of samples of each label.",
        "T5", "--builtin default --only T5";
    "threshold_lambda_least", "threshold_lambda_largest" =>
        "The least and the largest of the thresholds of T5 on the walks of background patterns.",
        "T5", "--builtin default --only T5";
    "least_t_for_ever", "least_t_for_ever_sharp" =>
        "A step from which on accuracy is 1 at every step, with probability at least 1 - delta; sharp: by the law of the steps in place of the bounds of Azuma and Hoeffding.",
        "T5, T12", "--builtin default --only T5";
    "bound_for_ever", "bound_for_ever_sharp" =>
        "The probability that is certified at `least_t_for_ever`, or at its sharp form.",
        "T5", "--builtin default --only T5";
    "theta_for_ever", "theta_for_ever_sharp" =>
        "The threshold of the walks over t, as it was chosen for the form for ever.",
        "T5", "--builtin default --only T5";

    "max_updates" =>
        "M_max by the inequality that is stated: no path makes more updates. Of T6c and T14, samples with an open gate.",
        "T6, T11, T14", "--builtin hinge --only T6";
    "max_updates_sharp" =>
        "M_max by the sharper inequality: T6s, of T6c that by labels, T14s.",
        "T6, T11, T14", "--builtin hinge --only T6";
    "max_updates_orthonormal" =>
        "M_max of T6s beside that of T6c, where the dictionary is orthonormal.",
        "T6c", "examples/keys-apart-hinge.toml --only T6c";
    "largest_updates_seen" =>
        "The most updates that a simulated run or an exact path made.",
        "T6, T14", "--builtin hinge --only T6";
    "settled_paths" =>
        "How many of the exact paths end with every gate closed.",
        "T6", "--builtin hinge --only T6";
    "expected_open_mass" =>
        "In the expected dynamics: the sum over the steps of the probability of an image with an open gate.",
        "T6, T14", "--builtin hinge --only T6";
    "least_atom" =>
        "p_min, the least probability of an atom.",
        "T6, T14", "--builtin hinge --only T6";
    "probability_open_gate_bound", "probability_open_gate_bound_classic" =>
        "An upper bound of the probability that some gate is open at the last step, by the sharpest M_max, and by the one that is stated.",
        "T6, T14", "--builtin hinge --only T6";
    "probability_open_gate_exact", "probability_open_gate_sampled" =>
        "The same probability by the exact law, or as a share of the runs.",
        "T6, T14", "examples/small.toml --only T6";
    "probability_not_perfect_bound", "probability_not_perfect_exact" =>
        "The probability that accuracy was below 1 at every step up to the last: its bound, and by the exact law.",
        "T6, T14", "examples/small.toml --only T6";
    "probability_low_accuracy_bound", "probability_low_accuracy_exact" =>
        "The probability that accuracy was at most 1 - delta at every step up to the last: its bound, and by the exact law.",
        "T6, T14", "examples/small.toml --only T6";
    "longest_path" =>
        "The most updates that any path can make, by the exact law.",
        "T6, T14", "examples/small.toml --only T6";
    "p_ever_perfect" =>
        "The probability that accuracy is 1 at some step, by the exact law.",
        "T6", "examples/small.toml --only T6";
    "expected_steps_to_perfect" =>
        "The expected first step at which accuracy is 1, by the exact law.",
        "T6", "examples/small.toml --only T6";

    "frozen", "learns_plus", "learns_minus", "dies", "fades", "balanced" =>
        "How many filters have this fate: they do not move; they learn the key of + or of - for ever; their keys die; they fade to 0 without dying; two positive keys in balance, so that neither wins.",
        "T7", "--builtin trained-head --only T7";
    "growth" =>
        "1 + kappa, the factor by which a filter that learns grows at each step.",
        "T7", "--builtin trained-head --only T7";

    "largest_error", "error_bound" =>
        "The largest distance of a coordinate in f64 from the exact one, and the bound of it that was computed along the path.",
        "T10", "--builtin default --only T10";
    "first_unstable_step" =>
        "The first step at which rounding could have changed a decision; nothing is compared from there.",
        "T10", "--builtin default --only T10";

    "probability_upper_bound" =>
        "An upper bound of the probability, over initialisation and samples, that some margin is below 1 at the last step: the best form.",
        "T11", "examples/main-claim.toml --only T11";
    "bound_classic", "bound_sharp" =>
        "The same bound as it is stated, and from T6s with the best number `best_j` of winners to count on.",
        "T11", "examples/main-claim.toml --only T11";
    "best_j" =>
        "How many winners of each label the sharp bound counts on.",
        "T11", "examples/main-claim.toml --only T11";
    "lottery_term" =>
        "The probability that some label has no winner.",
        "T11", "examples/main-claim.toml --only T11";
    "least_filters" =>
        "The least number of filters with which `lottery_term` is at most delta / 2.",
        "T11", "examples/main-claim.toml --only T11";

    "t0" =>
        "The least start of a window up to the last step on which accuracy 1 is certified with probability at least 1 - delta; else the last step.",
        "T12", "examples/keys-apart.toml --only T12";
    "accuracy_probability_lower_bound" =>
        "A lower bound of the probability that accuracy is 1 at every step from `t0` on up to the last.",
        "T12", "examples/keys-apart.toml --only T12";
    "ratio_probability_lower_bound", "exact_ratio_probability", "sampled_ratio_frequency" =>
        "The probability of dominance with this ratio at the last step: its lower bound, by the exact law, and the share of simulated runs that have it.",
        "T12", "examples/keys-apart.toml --only T12";
    "tan_squared_bound" =>
        "A bound of the squared tangent of the angle of every winner and its key at the last step.",
        "T12", "examples/keys-apart.toml --only T12";
    "direction_probability_lower_bound", "exact_direction_probability", "sampled_direction_frequency" =>
        "The probability that `tan_squared_bound` is kept: its lower bound, by the exact law, and the share of simulated runs that keep it.",
        "T12", "examples/keys-apart.toml --only T12";
    "cross_moment_plus", "cross_moment_minus" =>
        "V of a filter of that label with |a_j| = 1: the second moment of what one sample adds across the key, over eta^2.",
        "T12", "examples/keys-apart.toml --only T12";
    "accuracy_by_moments", "accuracy_by_exponentials", "accuracy_by_cantelli" =>
        "The lower bound of P(accuracy = 1) at the last step by second moments, by exponentials, and by second moments with Cantelli's inequality for the counts.",
        "T12", "examples/keys-apart.toml --only T12";
    "accuracy_for_ever" =>
        "A lower bound of the probability that accuracy is 1 at every step from the last one on.",
        "T12", "examples/keys-apart.toml --only T12";
    "ratio_by_moments", "ratio_by_exponentials", "direction_by_moments", "direction_by_exponentials" =>
        "The lower bound of the probability of `ratio`, and of `tan_squared_bound`, at the last step by second moments and by exponentials, each with thresholds of its own.",
        "T12", "examples/keys-apart.toml --only T12";
    "ratio_for_ever", "direction_for_ever" =>
        "A lower bound of the probability that `ratio`, and that `tan_squared_bound`, is kept at every step from the last one on.",
        "T12", "examples/keys-apart.toml --only T12";
    "failure_over_t4", "failure_over_t5" =>
        "What T12 leaves to failure over what T4 or T5 leaves, at the last step: below 1 it says more.",
        "T12", "--builtin default --only T12";
    "filters_covered" =>
        "For how many filters H holds, where it does not for all.",
        "T12", "examples/keys-apart.toml --only T12";

    "b" =>
        "The largest number of moves that each filter has made by the last step with probability at least 1 - delta.",
        "T13", "examples/opposed-keys.toml --only T13";
    "excluded_filters" =>
        "Filters whose start is an excluded value: a step could bring them to exactly 0.",
        "T13", "examples/opposed-keys.toml --only T13";
    "all_come_over_by" =>
        "By which step the own key's coordinate of every filter that is not excluded is positive, with probability at least 1 - delta.",
        "T13", "examples/opposed-keys.toml --only T13";
    "least_probability_exact" =>
        "The least probability, over the filters, of `b` moves by the last step, by the exact law.",
        "T13", "examples/opposed-keys.toml --only T13";

    "separator_norm_squared" =>
        "|w*|^2, the squared length of the separator.",
        "T14", "examples/data-set.toml --only T14";
    "farkas" =>
        "Images with weights and derivatives whose signed sums of patterns add up to 0: so there is no separator.",
        "T14", "examples/not-separable.toml --only T14";
};
