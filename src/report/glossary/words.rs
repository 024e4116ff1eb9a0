//! The words of the output that are neither names of theorems and assumptions nor figures.

use super::word::{Group, Word};

/// `Group: "name", "other name" => "text", "where it appears", "example";`
macro_rules! words {
    ($($group:ident: $($name:literal),+ => $text:literal, $appears:literal, $example:literal;)*) => {
        &[$(Word {
            names: &[$($name),+],
            group: Group::$group,
            text: $text,
            appears: $appears,
            example: $example,
        }),*]
    };
}

/// All words but figures, and P1 to P10, which the registration of the experiment on real images defines.
pub(super) const WORDS: &[Word] = words! {
    Claims: "C1" =>
        "The network is a two-layer nonlinear convolutional network, trained by stochastic gradient descent (SGD).",
        "theorems, explain, the table of theorems in the README",
        "filtercert theorems";
    Claims: "C2" =>
        "Every image contains a pattern that fixes its label. Assumption A2 makes it exact: each image with label y has the key pattern v_y r times, and never the other key.",
        "theorems, explain, the table of theorems in the README",
        "filtercert audit --builtin default";
    Claims: "C3" =>
        "Some filters learn these key patterns: the winners, whose coordinate on their label's key grows.",
        "theorems, explain, the table of theorems in the README",
        "filtercert check --builtin default --only T2";
    Claims: "C4" =>
        "During training the norms of these filters come to dominate: the least norm of a winner over the largest norm of a loser grows.",
        "theorems, explain, the table of theorems in the README",
        "filtercert check --builtin default --only T2,T4";
    Claims: "C5" =>
        "With any high probability, after enough steps, accuracy over the distribution is 100 %.",
        "theorems, explain, the table of theorems in the README",
        "filtercert check --builtin default --only T5";
    Claims: "C6" =>
        "On practical image classification the findings hold to some extent. No theorem is about it: the findings P1 to P10 of the registered experiment measure it on sets of images.",
        "images, docs/real-images.md",
        "filtercert images --quick";

    Variants: "T2s" =>
        "T2 without A2, A3 and A4: it asks for an orthonormal dictionary (A1), relu, sum pooling, a fixed head and the unhinged loss. In the expected dynamics every filter j has rho_j t <= |w_j(t)| <= rho_j t + sqrt(|w_j(0)|^2 + delta_j^2), where rho_j^2 and delta_j^2 add up the squares of its positive and of its negative drifts over the patterns with Z_jp(0) > 0. So one filter dominates another without limit exactly if its rho is positive and the other's is 0.",
        "check -v, under T2: also where T2 does not apply, as what was found there",
        "filtercert check examples/violates-a4.toml --only T2 -v";
    Variants: "T5s" =>
        "T5 from the end point: a lower bound of the probability that accuracy is 1 at step t, from the law at step t alone of the number of label-+ samples and of the walk of each background pattern. The thresholds of T5 bound the largest value of each walk up to t instead.",
        "check -v, under T5",
        "filtercert check --builtin default --only T5 -v";
    Variants: "T6s" =>
        "T6 with a sharper bound of the number of updates. The winners' keys are part of |W|^2 themselves, so the inequality of Cauchy and Schwarz is not needed; coordinates that are not positive never move, so they do not count; and labels are counted apart. It holds for any batch size, any fixed head without zeros, the perceptron too, and along the expected dynamics.",
        "check, the row of updates; check -v, under T6",
        "filtercert check --builtin hinge --only T6 -v";
    Variants: "T14s" =>
        "T14 with a sharper bound of the number of updates, which couples its two potentials: where F = sum_j a_j <w_j, w*> rises least, derivatives are small, and then |W|^2 rises little too. It puts kappa, the largest quotient of |sum_p N_p theta_p p|^2 and sum_p N_p theta_p y <w*, p> over images and derivatives theta in [s, 1], in the place of rho^2; kappa is at most rho^2.",
        "check -v, under T14",
        "filtercert check examples/data-set.toml --only T14 -v";

    Verdicts: "holds" =>
        "The theorem applies to this problem, and all that was compared agrees with it. The evidence beside it says how far: exact, enclosed or sampled, and on which states, steps or paths.",
        "check, report", "filtercert check --builtin hinge";
    Verdicts: "refuted" =>
        "The theorem applies to this problem, and something that was seen contradicts it. A witness names the clause, what is claimed and what was found. The exit code is 1.",
        "check, report; verify for a certificate calls it invalid", "filtercert check --builtin hinge";
    Verdicts: "not applicable", "n/a" =>
        "The problem is not one that the theorem is about: the model (A0) or an assumption fails, and a witness shows it. That is no fault, and the exit code stays 0.",
        "check, report, audit", "filtercert audit --builtin hinge --for T2";
    Verdicts: "undecided" =>
        "A limit of work, time or memory stopped the check before it could say, or the runs are too few to refute the bound; which of these is named. The exit code is 3.",
        "check, report", "filtercert check --builtin hinge --timeout 1";
    Verdicts: "vacuous", "vacuously" =>
        "A bound that says nothing: a probability of at least 0 or at most 1, or a claim that nothing on this problem could contradict. A theorem that holds in this way only is counted apart.",
        "check, check -v, JSON", "filtercert check --builtin hinge --only T6 -v";
    Verdicts: "loose" =>
        "A bound that is true, and ten times or more away from what was seen. For a probability from below the probabilities of failure are compared.",
        "check -v, JSON", "filtercert check --builtin hinge --only T3,T6 -v";
    Verdicts: "bound/seen" =>
        "How far the bounds of a theorem are from what was seen: what was seen over a lower bound, an upper bound over what was seen. 1 is tight, `=` means that the theorem states equality, and less than 1 would be a violation.",
        "check, the last column of verdicts", "filtercert check --builtin hinge";
    Verdicts: "found there", "beyond" =>
        "What was looked at where a theorem does not apply: whether its conclusion fails without the assumption, or what is true instead.",
        "check, check -v (Beyond)", "filtercert check examples/violates-a4.toml --only T2 -v";
    Verdicts: "witness" =>
        "What shows that an assumption fails or a theory is refuted, with the numbers that anybody can compute again.",
        "audit, check, JSON", "filtercert audit examples/violates-a3.toml";
    Verdicts: "measure" =>
        "How far an assumption is from holding, as an exact number; 0 where it holds. What is measured stands with each assumption (explain A1).",
        "audit, check -v", "filtercert audit examples/coherent.toml";
    Verdicts: "wrong theory", "near miss", "wrong theories" =>
        "A theorem with one clause changed so that it is false, such as another constant. The same check must refute it by that clause: so a check that cannot fail is noticed.",
        "explain, the tests", "filtercert explain T2";

    Evidence: "proved", "Coq", "proof" =>
        "Theorems that Coq has checked, for all problems (proofs/theories/Statements.v). In the column 'in Coq' all means that they cover the whole statement, part that some forms or figures are not covered, no that nothing is. explain names these theorems and says what none of them covers.",
        "check, check -v, explain", "filtercert explain T4";
    Evidence: "exact" =>
        "Computed or compared on this problem in rational arithmetic: nothing is rounded.",
        "check, check -v, expected, law", "filtercert expected --builtin default --at 1000";
    Evidence: "enclosed", "enclosure" =>
        "Computed with directed rounding: the true number lies between the two ends, which is certain.",
        "check -v, law --sweep", "filtercert check --builtin default --only T4 -v";
    Evidence: "sampled" =>
        "Seen in simulated runs or on sample paths. Of a frequency, an interval with its level of confidence is given. Something that was not sampled may still be otherwise.",
        "check, simulate, images", "filtercert simulate --builtin hinge --runs 100";
    Evidence: "exact path", "exact paths" =>
        "One sequence of samples, followed in rational arithmetic. Each is exact, but only those that were drawn were looked at, so the evidence of a theorem about every path is sampled.",
        "check", "filtercert check --builtin hinge --only T3";
    Evidence: "lattice" =>
        "With a fixed head, gates 0 and 1, and relu, leaky-relu or the identity, all coordinates stay integer multiples of one number, the unit. The simulator then counts in units, in integers below 2^53, and every state, sign and gate is exact.",
        "simulate, JSON of check", "filtercert simulate --builtin hinge --runs 100";
    Evidence: "f64" =>
        "The simulator's arithmetic where no lattice is to be had: floating point with 53 bits of precision. T10 bounds how far it is from exact arithmetic along a path.",
        "simulate, replay", "filtercert check --builtin trained-head --only T10 -v";
    Evidence: "stable" =>
        "A decision (the sign of a coordinate, a gate, the argmax of max pooling) that rounding cannot have changed: its distance from the threshold exceeds the bound of the error, or that bound is 0.",
        "replay, T10", "filtercert check --builtin default --only T10 -v";

    Model: "pattern", "patterns" =>
        "A vector that a patch of an image can be. The dictionary lists all of them.",
        "audit, check, expected", "filtercert new";
    Model: "key pattern", "key", "keys", "v+", "v-" =>
        "v+ and v-: the pattern that fixes the label of an image, one for each label.",
        "audit, check, expected", "filtercert audit --builtin default";
    Model: "background pattern", "background", "u1" =>
        "u1, u2, ...: the patterns that are no keys.",
        "audit, check, expected", "filtercert audit --builtin default";
    Model: "dictionary" =>
        "The list of patterns: v+, v-, u1, u2, ..., in this order.",
        "problem files, audit", "filtercert new";
    Model: "patch", "patches" =>
        "One piece of an image; each is a pattern. All that matters of an image is its label and how often each pattern occurs.",
        "problem files, check", "filtercert new";
    Model: "atom", "atoms" =>
        "One kind of image with its probability: the label, the count of each pattern, and how likely it is. A distribution is a finite list of atoms.",
        "problem files, check -v, law", "filtercert check --builtin hinge --only T0 -v";
    Model: "filter", "filters" =>
        "A vector w_j of the first layer. It is described by its coordinates Z_jp = <w_j, p>, one for each pattern p.",
        "expected, law, check", "filtercert expected examples/small.toml --at 0";
    Model: "head" =>
        "The weights a_j of the second layer, one for each filter. It is fixed or trained with the filters; with a fixed head of signs, the sign says for which label a filter votes.",
        "problem files, audit", "filtercert expected examples/small.toml --at 0";
    Model: "winner", "winners" =>
        "A filter of label y, by the sign of its head weight, whose coordinate on the key of y is positive at the start. Under max pooling that coordinate must also be no smaller than those on the background patterns. As a figure: how many there are.",
        "check, law, simulate", "filtercert law examples/small.toml --steps 5";
    Model: "loser", "losers" =>
        "A filter that is not a winner.",
        "check, law, simulate", "filtercert law examples/small.toml --steps 5";
    Model: "camp", "J_y", "J_+", "J_-", "J" =>
        "J_y: the winners of label y; J: those of both labels. A6' says that neither J_+ nor J_- is empty.",
        "explain, check -v", "filtercert explain T6";
    Model: "coherence" =>
        "The largest |<p, q>| of two patterns, or | |p|^2 - 1 | of one: 0 for an orthonormal dictionary. A dictionary is called coherent where it is not 0.",
        "audit, A1", "filtercert audit examples/coherent.toml";
    Model: "separator", "w*" =>
        "A vector w* with sum_p N_p min(y <w*, p>, s y <w*, p>) >= 1 on every image, s the slope of the activation: it separates the images patch by patch (T14). As a figure: its products with the patterns, in the order of the dictionary.",
        "audit --for T14, check -v, certify", "filtercert audit examples/data-set.toml --for T14";

    Dynamics: "SGD" =>
        "Stochastic gradient descent: each step draws `batch` images, and moves the weights by the step size eta against the gradient of their mean loss.",
        "everywhere", "filtercert simulate --builtin hinge --runs 100";
    Dynamics: "mean", "expected dynamics", "exact mean" =>
        "The expected dynamics: each step takes the mean over the whole distribution in place of a sample. It is gradient descent on the loss of the population, and is computed exactly. It is not the expectation of SGD, but for what T0 says.",
        "check (column mean, `mean` before a bound), expected", "filtercert expected --builtin default --at 10,1000";
    Dynamics: "every path", "sample path", "path" =>
        "Of a bound: it holds whatever images SGD draws, for each sequence of samples, and not only with some probability.",
        "check", "filtercert check --builtin hinge --only T3,T6";
    Dynamics: "fresh start" =>
        "Of a bound: the probability is over the initial weights too, which are drawn anew, and not only over the samples (T11). Otherwise the start is the one that the problem file gives or draws.",
        "check", "filtercert check examples/main-claim.toml";
    Dynamics: "exact law", "law" =>
        "SGD on a finite distribution is a Markov chain. Its law is the probability of each state at each step, computed as fractions, where the states are few enough to be listed.",
        "law, check", "filtercert law examples/small.toml --steps 20";
    Dynamics: "state", "states" =>
        "The coordinates Z of all filters and the head a: all that moves. As a figure of T6 and T14: how many can be reached.",
        "law, expected, check", "filtercert expected examples/small.toml --at 0";
    Dynamics: "gate", "gates", "open gate" =>
        "The factor g = -phi'(z) with which a sample of margin z counts in a step, phi the loss. Unhinged: always 1. Hinge: 1 if z < 1, else 0. Perceptron: 1 if z <= 0, else 0. Squared hinge: max(0, 1 - z). Square: 1 - z. It is open where it is not 0.",
        "check, simulate, law", "filtercert simulate --builtin hinge --runs 100";
    Dynamics: "update", "updates" =>
        "A step of SGD with an open gate. With batches T6c and T14 count samples with an open gate.",
        "check (the row of updates), law, replay", "filtercert check --builtin hinge --only T6";
    Dynamics: "settled" =>
        "Every gate is closed, on every image that can occur: no step moves anything any more.",
        "law, check -v", "filtercert law examples/small.toml --steps 20";
    Dynamics: "drift" =>
        "What the expected dynamics adds to a coordinate at each step while it is positive and all gates are open: kappa_jp = eta a_j E[y N_p].",
        "check -v, images", "filtercert explain T1";
    Dynamics: "arithmetic" =>
        "How the simulator counts: exactly on a lattice, or in f64.",
        "simulate", "filtercert simulate --builtin hinge --runs 100";
    Dynamics: "run", "runs" =>
        "One simulated path of SGD from the start of the problem. Runs differ in their samples only; the seed fixes them.",
        "check, simulate", "filtercert simulate --builtin hinge --runs 100";

    Quantities: "accuracy" =>
        "The probability that the sign of f(X) is the label. A margin of 0 counts as an error.",
        "check, expected, law, simulate", "filtercert expected examples/small.toml --at 0,60";
    Quantities: "P(accuracy = 1)", "p_perfect", "perfect" =>
        "The probability, over the samples of SGD, that accuracy is 1 at a step.",
        "check, law, report", "filtercert law examples/small.toml --steps 20";
    Quantities: "margin" =>
        "y f(X), the label times the output of the network: positive where the image is classified correctly. In comparisons of a report: how far a number is from violating the claim.",
        "check -v, report", "filtercert explain T6";
    Quantities: "loss" =>
        "phi of the margin z. Unhinged 1 - z, hinge max(0, 1 - z), perceptron max(0, -z), squared hinge max(0, 1 - z)^2 / 2, square (1 - z)^2 / 2.",
        "problem files, expected", "filtercert expected examples/small.toml --at 0,60";
    Quantities: "norm", "least winner norm", "largest loser norm" =>
        "The length |w_j| of a filter. A check follows the least norm of a winner and the largest norm of a loser.",
        "check, simulate, report", "filtercert check --builtin default --only T2";
    Quantities: "dominance ratio", "ratio", "dominance", "R" =>
        "The least norm of a winner over the largest norm of a loser. Dominance with ratio R: it is at least R. As a figure of T4 and T12: the ratio that is certified.",
        "check, simulate, report", "filtercert check --builtin default --only T2,T4";
    Quantities: "alignment", "cosine" =>
        "The least cosine of the angle of a winner and the key of its label; 1 where all point along their keys.",
        "check, simulate, report", "filtercert check --builtin default --only T2";
    Quantities: "moves" =>
        "Where keys are opposed (T13): how often a filter has moved towards the key of its head's label.",
        "check", "filtercert check examples/opposed-keys.toml --only T13";
    Quantities: "quantile", "q05", "q50", "q95" =>
        "Of runs: 5 %, half, or 95 % of the runs lie at or below it. 50 % is the median.",
        "simulate, check (column SGD)", "filtercert simulate --builtin hinge --runs 100";

    Symbols: "eta" =>
        "The step size, training.step.", "explain", "filtercert explain T2";
    Symbols: "y" =>
        "The label of an image, + or -, counted as +1 or -1.", "explain", "filtercert explain T2";
    Symbols: "N_p", "N" =>
        "How often pattern p occurs in an image.", "explain", "filtercert explain T6c";
    Symbols: "Z", "Z_jp" =>
        "Z_jp = <w_j, p>: the coordinate of filter j on pattern p. Z(0) is that at the start.",
        "explain, check -v", "filtercert explain T2";
    Symbols: "w_j", "W" =>
        "w_j is filter j; W is all of them, and |W|^2 the sum of |w_j|^2.", "explain", "filtercert explain T6";
    Symbols: "a_j" =>
        "The head weight of filter j.", "explain", "filtercert explain T6";
    Symbols: "r" =>
        "How often the key pattern occurs in an image (A2); distribution.key_patches. In T12 it is r_y for images of label y, and in T6c the least number.",
        "explain", "filtercert explain T2";
    Symbols: "m" =>
        "The number of patches of an image, the most where it varies; distribution.patches.",
        "explain", "filtercert explain T6";
    Symbols: "n" =>
        "The number of filters, network.filters.", "explain", "filtercert explain T9";
    Symbols: "K" =>
        "The number of background patterns, dictionary.background.", "explain", "filtercert explain T5";
    Symbols: "P" =>
        "The number of patterns, K + 2 where there are keys; or a probability, P(...), as Pr(...).",
        "explain", "filtercert explain T11";
    Symbols: "h" =>
        "A bound of the absolute value of the initial coordinates (T11).", "explain", "filtercert explain T11";
    Symbols: "t", "T" =>
        "t counts steps from 0, the start; T is the last step that is asked about.",
        "everywhere", "filtercert expected --builtin default --at 0,1000";
    Symbols: "G", "Gram matrix" =>
        "G_pq = <p, q>, the inner products of the patterns. For an orthonormal dictionary it is the identity.",
        "explain, A1", "filtercert audit examples/coherent.toml";
    Symbols: "kappa" =>
        "kappa_jp = eta a_j E[y N_p], the drift of filter j's coordinate on pattern p. For the key of a winner it is eta r / 2 under A2, A4 and a head of signs. In T14s it is another number (explain T14s).",
        "explain, check -v", "filtercert explain T2";
    Symbols: "rho" =>
        "In T2s, rho_j is the rate at which the norm of filter j grows: rho_j^2 adds up the squares of its positive drifts over the patterns with Z_jp(0) > 0. In T6c, T12 and T14, rho^2 bounds the squared length of a sum of patches of one image, some of which may be left out or weakened: the largest sum_pq N_p N_q max(G_pq, 0), in T14 with slope s less s max(-G_pq, 0).",
        "explain, check -v", "filtercert check examples/violates-a4.toml --only T2 -v";
    Symbols: "delta" =>
        "The probability of failure that bounds are certified against, 1/100 unless --delta says otherwise: what is certified holds with probability at least 1 - delta. In T2s, delta_j^2 adds up the squares of the negative drifts of filter j over the patterns with Z_jp(0) > 0.",
        "check", "filtercert check --builtin hinge --delta 1/1000";
    Symbols: "epsilon" =>
        "A share of errors: accuracy is above 1 - epsilon (T6 (b)).", "explain", "filtercert explain T6";
    Symbols: "theta" =>
        "In T6c, 2 for the hinge and 0 for the perceptron. In T14, derivatives of the activation, from its slope s to 1. In T5 for ever, the threshold of a walk over t.",
        "explain", "filtercert explain T6c";
    Symbols: "mu", "mu_y" =>
        "mu_y adds up, over the steps so far, the share of the batch that has label y and an open gate; mu is the sum over both labels. For batches of one sample, mu is the number of updates.",
        "explain", "filtercert explain T6";
    Symbols: "M_max", "M" =>
        "M is the number of updates; M_max is the largest number that the bound of T6, T6c, T11 or T14 admits. T6c counts samples with an open gate.",
        "explain, check -v, certify", "filtercert check --builtin hinge --only T6 -v";
    Symbols: "p_min" =>
        "The least probability of an atom.", "explain", "filtercert explain T6";
    Symbols: "T_dom" =>
        "T_dom(R): the least step from which on T2 (with a trained head, T7) has the dominance ratio at least R.",
        "check -v", "filtercert check --builtin default --only T2 -v";
    Symbols: "B_y", "Bin" =>
        "B_y(t) is the number of samples of label y up to step t. Bin(t, p) is a binomial law: the successes of t independent trials of probability p.",
        "explain", "filtercert explain T4";
    Symbols: "S_k", "walk" =>
        "S_k(t) adds up y N_k over the samples up to step t, N_k the count of background pattern k: a walk with independent integer steps. S*_k is the largest |S_k| so far.",
        "explain, check -v", "filtercert explain T4";
    Symbols: "i", "j" =>
        "Numbers of filters: where both stand in a condition on norms, j is any winner and i any loser. In T11, j is also a number of winners.", "explain", "filtercert explain T4";
    Symbols: "k" =>
        "The number of a background pattern. In T13, an integer.", "explain", "filtercert explain T4";
    Symbols: "p", "q" =>
        "Patterns of the dictionary; a sum over p runs over all of them, unless it says otherwise.", "explain", "filtercert explain T14";
    Symbols: "v_y" =>
        "The key pattern of label y; v_-y is the key pattern of the other label.", "explain", "filtercert explain T2";
    Symbols: "u_k" =>
        "Background pattern number k.", "explain", "filtercert explain T4";
    Symbols: "x" =>
        "An atom: one kind of image, with its label y and its counts N_p.", "formulas", "filtercert explain T0";
    Symbols: "pi", "pi_y", "pi_x" =>
        "pi_y is the probability of label y, pi_x that of atom x.", "explain", "filtercert explain T13";
    Symbols: "E" =>
        "E[...] is an expectation: over the images of the distribution, or, of what SGD does, over its samples.", "explain", "filtercert explain T0";
    Symbols: "Pr" =>
        "Pr(...) is a probability: over the samples of SGD, in T9 over the initialisation, in T11 over both.", "explain", "filtercert explain T11";
    Symbols: "Delta" =>
        "The change of what follows in one step. In T0, Delta is that of the expected dynamics, and Delta_x that of a step of SGD on a sample of atom x.", "formulas", "filtercert explain T8";
    Symbols: "s" =>
        "A step, as t. In T14, the slope of the activation on the left: of leaky-relu, and 1 for the identity.", "explain", "filtercert explain T14";
    Symbols: "t_0" =>
        "The step from which on a bound is claimed: up to step t, or for ever.", "explain", "filtercert explain T4";
    Symbols: "G_y" =>
        "The sum of the gates on samples of label y so far; of a batch, the mean counts.", "explain", "filtercert explain T3";
    Symbols: "g_max" =>
        "A bound of all gates so far: 1, but for the squared hinge, whose gates may be larger.", "explain", "filtercert explain T3";
    Symbols: "D_j" =>
        "In T0, how many samples of the other label filter j has met up to step t, while its coordinate on that label's key was positive.", "formulas", "filtercert explain T0";
    Symbols: "s_j" =>
        "In T8, the averaged, gated, signed sum of the patterns that are active for filter j in a step.", "explain", "filtercert explain T8";
    Symbols: "s_+", "s_-" =>
        "In T7, what decides the fate of a filter with one positive key coordinate: s_+ where it is that on v+, s_- where it is that on v-.", "formulas", "filtercert explain T7";
    Symbols: "alpha", "alpha_j" =>
        "In T7, alpha_+ and alpha_- are the coordinates of a filter on v+ and on v-. In T13, alpha_j = <w_j, v_+>.", "explain", "filtercert explain T13";
    Symbols: "b_y" =>
        "A number of samples of label y that may be missed only with a small probability (T4, T5, T12). In T13, b is a number of moves.", "explain", "filtercert explain T4";
    Symbols: "lambda_k" =>
        "A bound of S*_k that may be exceeded only with a small probability (T4, T5).", "explain", "filtercert explain T4";
    Symbols: "beta_y" =>
        "In T12, a share of samples of label y, less than pi_y: at least so many are counted on for ever.", "explain", "filtercert explain T12";
    Symbols: "own", "wrong" =>
        "The coordinates of filter i at the start on the keys: own for the label of its head's sign, wrong for the other label.", "explain", "filtercert explain T4";
    Symbols: "win" =>
        "In T5, what the winners of label y add to the margin for each key patch, after b_y samples of their label.", "explain", "filtercert explain T5";
    Symbols: "opp" =>
        "In T5, what the filters of the other label take from the margin for each key patch, at most.", "explain", "filtercert explain T5";
    Symbols: "bg" =>
        "In T5, what the filters of the other label take from the margin for each background patch, at most, while no S*_k exceeds lambda_k.", "explain", "filtercert explain T5";
    Symbols: "E_k" =>
        "In T5s, the event that the margins of both labels are positive by the condition for background pattern k; E_0 is that for the keys alone.", "explain", "filtercert explain T5";
    Symbols: "c" =>
        "In T6, the number of winners of the label that has fewer. In T7, a positive number.", "explain", "filtercert explain T6";
    Symbols: "A", "A_y" =>
        "A adds up a_j^2 over all filters, A_y over the winners of label y; in T6c A_y is multiplied by |v_y|^2.", "explain", "filtercert explain T6";
    Symbols: "Q" =>
        "In T6s, the largest sum over filters of a_j^2 times the squared counts of the patterns on which the filter is positive at the start, over images.", "explain", "filtercert explain T6";
    Symbols: "S" =>
        "In T6c, what the winners' keys have of |W(0)|^2.", "explain", "filtercert explain T6c";
    Symbols: "B" =>
        "The number of samples in a batch, training.batch.", "explain", "filtercert explain T6c";
    Symbols: "M_j" =>
        "In T11, the largest number of updates where each label has at least j winners.", "explain", "filtercert explain T11";
    Symbols: "w_perp" =>
        "In T12, the part of filter j across: what is left of w_j without its part along the key of its head's label.", "explain", "filtercert explain T12";
    Symbols: "V", "V_j", "C_j" =>
        "In T12, of the squared length that a sample may add across: V is the mean over the images, C the largest value.", "explain", "filtercert explain T12";
    Symbols: "M_t", "M'_t" =>
        "In T12, M_t bounds the mean of |w_perp(t)|^2; M'_t is the same with the largest image in place of the mean.", "explain", "filtercert explain T12";
    Symbols: "x_i" =>
        "In T12, a bound of |w_perp|^2 of filter i that may be exceeded only with a small probability.", "explain", "filtercert explain T12";
    Symbols: "L", "L_i" =>
        "In T12, an exponent: what is claimed fails with probability at most 2 e^-L.", "explain", "filtercert explain T12";
    Symbols: "F" =>
        "In T14, F = sum_j a_j <w_j, w*>, which every update raises.", "explain", "filtercert explain T14";
    Symbols: "n_+", "n_-" =>
        "How many head weights are positive, and how many negative.", "explain", "filtercert explain T9";
    Symbols: "relu" =>
        "relu(z) = max(0, z), as the activation and in formulas.", "everywhere", "filtercert explain T5";
    Symbols: "fl" =>
        "The value in plain floating point (f64), as the simulator computes it.", "formulas", "filtercert explain T10";
    Symbols: "err" =>
        "In T10, the bound of the error that is computed along the path.", "formulas", "filtercert explain T10";
    Symbols: "indicator" =>
        "1[...] is 1 where the condition in it is met, and 0 elsewhere.", "explain", "filtercert explain T13";
    Symbols: "~" =>
        "Before a number: it is rounded for display only. --json prints all digits.",
        "expected, law, check", "filtercert law examples/small.toml --steps 20";

    Certificates: "certificate" =>
        "A file with claims about one problem and all that is needed to check each, with code that knows none of the engines.",
        "certify, verify", "filtercert certify examples/small.toml -o small.cert";
    Certificates: "valid" =>
        "Every claim of the certificate was recomputed and is so.",
        "verify", "filtercert verify small.cert";
    Certificates: "invalid" =>
        "A claim of the certificate is not so, or does not belong to the problem; both numbers are shown. The exit code is 1.",
        "verify", "filtercert verify small.cert";
    Certificates: "not covered", "not-covered" =>
        "The checker of certificates cannot say: nothing claims it, or a limit is in the way. The exit code is 3.",
        "verify, certify", "filtercert verify small.cert";
    Certificates: "shortened" =>
        "A claim about an earlier step than was asked for, because a limit stopped the work there.",
        "certify", "filtercert certify examples/small.toml -o small.cert";
    Certificates: "left out" =>
        "A claim that was found and not written, because the checker could not confirm it within its limits.",
        "certify", "filtercert certify examples/small.toml -o small.cert";
    Certificates: "segment", "segments" =>
        "A stretch of steps on which the expected dynamics moves on a straight line, or in one affine way.",
        "certify", "filtercert certify examples/small.toml -o small.cert";
    Certificates: "refutation", "refutation-probability", "refutation-updates", "refutation-stuck" =>
        "A claim that the conclusion of a theorem fails where an assumption does: so the assumption is needed.",
        "certify, verify", "filtercert certify examples/small.toml -o small.cert --claim refutation";
    Certificates: "norm-dominance" =>
        "A claim that at a step of the expected dynamics every winner's norm is at least `ratio` times every loser's.",
        "certify, verify", "filtercert certify examples/small.toml -o small.cert --claim norm-dominance";
    Certificates: "mistake-bound", "coherent-mistake-bound", "separator-bound" =>
        "Claims of the M_max of T6, of T6c and of T14: no path has more updates (for T6c and T14: samples with an open gate).",
        "certify, verify", "filtercert certify examples/small.toml -o small.cert --claim mistake-bound";
    Certificates: "inseparable" =>
        "A claim that no separator exists: images with weights and derivatives whose signed sums of patterns add up to 0.",
        "certify, verify", "filtercert certify examples/not-separable.toml -o n.cert --claim inseparable";
    Certificates: "probability" =>
        "A claim that thresholds on label counts and walks give dominance (T4) or accuracy 1 (T5) with at least this probability. As a figure of T9: the probability that both labels have a winner.",
        "certify, verify", "filtercert certify --builtin default -o b.cert --claim probability";

    Images: "finding", "findings" =>
        "P1 to P10: what is measured of claim C6 on real images, each as the real run less its control with the same seed. What each asks is registered in experiments/c6-2.toml, with its threshold.",
        "images", "filtercert images --quick";
    Images: "registration" =>
        "experiments/c6-2.toml: data, networks, seeds, findings, controls, thresholds and statistics of the experiment on real images, committed before what it asks was measured on its confirmatory data. Its SHA-256 stands in every output.",
        "images", "filtercert images --quick";
    Images: "confirmatory" =>
        "Data that were not looked at before the registration. Verdicts on other data are exploratory: they confirm nothing.",
        "images", "filtercert images --quick";
    Images: "positive control" =>
        "Generated images on which A1 to A4 hold. A finding that is not supported there is void: not applicable anywhere else.",
        "images", "filtercert images --quick";
    Images: "control", "controls" =>
        "The same run with one thing missing: labels shuffled, pixels permuted, phases random, no training, or filters at random.",
        "images", "filtercert images --quick";
    Images: "supported" =>
        "In every pair of classes the effect is above what the finding asks, by t tests over the seeds and Holm's method over all verdicts.",
        "images", "filtercert images --quick";
    Images: "weaker than asked" =>
        "In every pair of classes the effect is above 0; that it is above what the finding asks was not shown.",
        "images", "filtercert images --quick";
    Images: "not supported" =>
        "In every pair of classes the effect is at most what the finding asks, or, where no effect is asked for, beyond it.",
        "images", "filtercert images --quick";
    Images: "unclear" =>
        "Neither more nor less than what the finding asks was shown.",
        "images", "filtercert images --quick";
    Images: "top quarter" =>
        "The quarter of the filters with the largest |w||a|, the norm of a filter times that of its head.",
        "images", "filtercert images --quick";
    Images: "Gini" =>
        "The Gini coefficient of some values: 0 if all are equal, near 1 if few have nearly all.",
        "images", "filtercert images --quick";
};
