//! The page that `report` writes: it is complete in itself and in order, it shows the numbers of `report.json`, each
//! bound rounded outwards, and report.md has the same tables.

use crate::common::run as filtercert;
use crate::{Kept, once};
use filtercert::check::happens::what_happens;
use filtercert::check::{CheckReport, Config, check};
use filtercert::dynamics::float::lift;
use filtercert::number::{Q, integer, parse_rational, ratio};
use filtercert::problem::Builtin;
use filtercert::theory::record::TheoremId;
use filtercert::theory::verdict::Layer;
use filtercert::theory::violation::{Place, Relation, Violation};
use num_traits::{One, Signed, Zero};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Sections of the page of one problem, in order.
const SECTIONS: [&str; 8] = [
    "answer",
    "happens",
    "claims",
    "pictures",
    "graph",
    "theorems",
    "absent",
    "reproduce",
];

/// A table of numbers of a picture.
struct Numbers {
    picture: String,
    /// Label and kind of evidence.
    columns: Vec<(String, String)>,
    rows: Vec<(u64, Vec<String>)>,
}

/// The texts between two marks, one after another.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    let parts = text.split(start).skip(1);
    parts
        .map(|part| part.split_once(end).map_or(part, |(inner, _)| inner))
        .collect()
}

fn unescaped(html: &str) -> String {
    let plain = html.replace("&lt;", "<").replace("&gt;", ">");
    plain
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&amp;", "&")
}

/// The tables of all pictures.
fn numbers(page: &str) -> Vec<Numbers> {
    let figures = between(page, "<figure id=\"", "</figure>").into_iter();
    let table = |figure: &str| {
        let (picture, _) = figure.split_once('"').unwrap();
        let head = between(figure, "<thead>", "</thead>")[0];
        let columns = between(head, "<th scope=\"col\">", "</th>").into_iter();
        let columns = columns.skip(1).map(|column| {
            let (label, kind) = column.split_once(" <span class=\"kind\">").unwrap();
            let kind = kind.strip_suffix("</span>").unwrap();
            (unescaped(label), kind.to_owned())
        });
        let body = between(figure, "<tbody>", "</tbody>")[0];
        let rows = between(body, "<tr><th scope=\"row\">", "</tr>").into_iter();
        let rows = rows.map(|row| {
            let (step, cells) = row.split_once("</th>").unwrap();
            let cells = between(cells, "<td", "</td>").into_iter();
            let cells = cells.map(|cell| unescaped(cell.split_once('>').unwrap().1));
            (step.replace(',', "").parse().unwrap(), cells.collect())
        });
        Numbers {
            picture: picture.to_owned(),
            columns: columns.collect(),
            rows: rows.collect(),
        }
    };
    figures.map(table).collect()
}

/// A number as the page writes it.
fn read(text: &str) -> Q {
    let text = text.trim_start_matches('~').replace(',', "");
    match text.strip_prefix("1 - ") {
        Some(rest) => Q::one() - parse_rational(rest).unwrap(),
        None => parse_rational(&text).unwrap(),
    }
}

/// Are these the same but for the last of four digits, of the number or of what is left to 1?
fn is_near(one: &Q, other: &Q) -> bool {
    let off = (one - other).abs();
    let rest = (Q::one() - other).abs();
    let is_close = rest < ratio(1, 1_000) && off <= &rest / integer(999);
    off <= other.abs() / integer(999) || is_close
}

/// The number with its sign, squared.
fn signed_square(q: &Q) -> Q {
    q * q.abs()
}

/// Is a text a number of JSON, `{"exact"}` or `{"square"}`, rounded this way (`>=`: down, `<=`: up, else nearest)?
fn is_number(text: &str, number: &Value, relation: &str) -> bool {
    let shown = read(text);
    let (shown, exact) = match (number["exact"].as_str(), number["square"].as_str()) {
        (Some(exact), _) => (shown, parse_rational(exact).unwrap()),
        (None, Some(square)) => {
            let square = parse_rational(square).unwrap();
            let near = ratio(1, 400);
            let off = (signed_square(&shown) - &square).abs();
            if off > square.abs() * near {
                return false;
            }
            (signed_square(&shown), square)
        }
        (None, None) => return false,
    };
    let outward = match relation {
        ">=" => shown <= exact,
        "<=" => shown >= exact,
        _ => true,
    };
    outward
        && (number["square"].is_string()
            || is_near(&shown, &exact)
            || exact.is_zero() && shown.is_zero())
}

/// The quantity of JSON that a column is about.
fn quantity(picture: &str, label: &str) -> &'static str {
    match picture.trim_end_matches("-sgd") {
        "norms" if label.contains("winner") => "winner_norm",
        "norms" => "loser_norm",
        "ratio" => "ratio",
        "alignment" => "alignment",
        "accuracy" => "accuracy",
        "perfect" => "p_perfect",
        other => panic!("{other} is no picture of a quantity"),
    }
}

/// Is a cell of a picture that is not of a quantity what `report.json` says of it? The row is a step, or a filter.
fn is_from_further(series: &Value, picture: &str, label: &str, row: u64, text: &str) -> bool {
    let at = |times: &Value| {
        let mut times = times.as_array().unwrap().iter();
        times.position(|t| *t == row)
    };
    let exact = |number: &Value| serde_json::json!({ "exact": number });
    match picture {
        "walks" | "walks-2" => {
            let walks = &series["walks"][usize::from(picture == "walks-2")];
            let Some(place) = at(&walks["t"]) else {
                return false;
            };
            match label.split_once(": ") {
                None => {
                    let run: usize = label.strip_prefix("run ").unwrap().parse().unwrap();
                    let found = walks["runs"][run][place].to_string();
                    is_number(text, &exact(&Value::String(found)), "=")
                }
                Some((id, side)) => {
                    let mut barriers = walks["barriers"].as_array().unwrap().iter();
                    let barrier = barriers.find(|barrier| barrier["theorem"] == id).unwrap();
                    let sign = if side == "at most" { "" } else { "-" };
                    let level = format!("{sign}{}", barrier["walk"]);
                    is_number(text, &exact(&Value::String(level)), "=")
                }
            }
        }
        "rounding" => {
            let mut points = series["rounding"].as_array().unwrap().iter();
            let point = points.find(|point| point["t"] == row).unwrap();
            match label {
                "T10: at most" => is_number(text, &point["bound"], "<="),
                _ => is_number(text, &point["error"], "="),
            }
        }
        _ => {
            let filter = &series["fates"][usize::try_from(row).unwrap()];
            match label {
                "fate" => text.replace(' ', "_") == filter["fate"].as_str().unwrap(),
                "head at the start" => is_number(text, &exact(&filter["head"]), "="),
                _ => is_number(text, &exact(&filter["across"]), "="),
            }
        }
    }
}

/// Is a cell what `report.json` says of this column at this step?
fn is_from(
    series: &Value,
    picture: &str,
    (label, kind): &(String, String),
    t: u64,
    text: &str,
) -> bool {
    let at = |name: &str| {
        let points = series[name].as_array().unwrap().iter();
        points.clone().find(|point| point["t"] == t).cloned()
    };
    if ["walks", "round", "fates"]
        .iter()
        .any(|name| picture.starts_with(name))
    {
        return is_from_further(series, picture, label, t, text);
    }
    let quantity = quantity(picture, label);
    let float = |x: &Value, text: &str| {
        let x = lift(x.as_f64().unwrap()).unwrap();
        is_near(&read(text), &x) || x == read(text)
    };
    match kind.as_str() {
        "theorem" => {
            let (id, _) = label.split_once(':').unwrap();
            let curves = series["curves"].as_array().unwrap().iter();
            let mut own = curves.filter(|curve| {
                let of_the_mean = curve["dynamics"] == "mean";
                let fits = quantity == "p_perfect" || of_the_mean != picture.ends_with("-sgd");
                curve["theorem"] == id && curve["quantity"] == quantity && fits
            });
            own.any(|curve| {
                let points = curve["points"].as_array().unwrap().iter();
                let mut here = points.filter(|point| point["t"] == t);
                let relation = curve["relation"].as_str().unwrap();
                here.any(|point| is_number(text, &point["bound"], relation))
            })
        }
        "exact" if quantity == "p_perfect" => {
            let Some(point) = at("probabilities") else {
                return false;
            };
            is_number(text, &serde_json::json!({"exact": point["exact"]}), "=")
        }
        "exact" => {
            let Some(point) = at("exact") else {
                return false;
            };
            let number = match quantity {
                "winner_norm" => serde_json::json!({"square": point["winner_norm_squared"]}),
                "loser_norm" => serde_json::json!({"square": point["loser_norm_squared"]}),
                "ratio" => serde_json::json!({"square": point["ratio_squared"]}),
                "alignment" => serde_json::json!({"square": point["alignment_signed_square"]}),
                _ => serde_json::json!({"exact": point["accuracy"]}),
            };
            is_number(text, &number, "=")
        }
        "sampled" if quantity == "p_perfect" => {
            let Some(point) = at("probabilities") else {
                return false;
            };
            let sampled = &point["sampled"];
            match text.split_once(" to ") {
                Some((lo, hi)) => float(&sampled["ci"][0], lo) && float(&sampled["ci"][1], hi),
                None => float(&sampled["estimate"], text),
            }
        }
        "sampled" => {
            let Some(point) = at("simulated") else {
                return false;
            };
            let quantiles = &point[quantity];
            match text.split_once(" to ") {
                Some((lo, hi)) => float(&quantiles["q05"], lo) && float(&quantiles["q95"], hi),
                None => float(&quantiles["q50"], text),
            }
        }
        _ => false,
    }
}

/// A problem file with fewer steps and runs, which has all that the long one has.
fn short(folder: &Path, name: &str) -> String {
    let path = format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("steps", _)) => "steps = 300".to_owned(),
        Some(("runs", _)) => "runs = 40".to_owned(),
        _ => line.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    let path = folder.join(format!("{name}.toml"));
    fs::write(&path, lines.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What a report holds: the page, the Markdown, the document, and the folder of all files.
#[derive(Clone)]
struct Written {
    page: String,
    markdown: String,
    document: Value,
    out: PathBuf,
}

/// What one run of `report` wrote of these examples, shortened, for all tests of this program that ask.
fn written(files: &[&str]) -> Written {
    static RUNS: Kept<Written> = Mutex::new(BTreeMap::new());
    let name = files.join("-and-");
    once(&RUNS, &name, || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("reports")
            .join(&name);
        let out = folder.join("out");
        // A run before this one may have left more.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let given: Vec<String> = files.iter().map(|name| short(&folder, name)).collect();
        let mut arguments = vec!["report"];
        arguments.extend(given.iter().map(String::as_str));
        arguments.extend(["-o", out.to_str().unwrap()]);
        let (code, _, error) = filtercert(&arguments);
        assert!([0, 3].contains(&code), "{files:?}: {error}");
        let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
        Written {
            page: read("report.html"),
            markdown: read("report.md"),
            document: serde_json::from_str(&read("report.json")).unwrap(),
            out,
        }
    })
}

#[test]
fn every_number_of_a_picture_is_one_of_the_document() {
    for name in [
        "balanced",
        "hinge",
        "trained-head",
        "opposed-keys",
        "violates-a4",
    ] {
        let Written {
            page,
            markdown,
            document,
            out,
        } = written(&[name]);
        let tables = numbers(&page);
        let mut seen = [0usize; 3];
        for table in &tables {
            let svg = out.join(format!("{}.svg", table.picture));
            let svg = unescaped(&fs::read_to_string(svg).unwrap());
            for (t, cells) in &table.rows {
                assert_eq!(
                    cells.len(),
                    table.columns.len(),
                    "{name}: {}",
                    table.picture
                );
                for (column, text) in table.columns.iter().zip(cells) {
                    if text.is_empty() {
                        continue;
                    }
                    let from = is_from(&document["series"], &table.picture, column, *t, text);
                    assert!(from, "{name}: {} {column:?} at {t}: {text}", table.picture);
                    let kinds = ["theorem", "exact", "sampled"];
                    seen[kinds.iter().position(|kind| *kind == column.1).unwrap()] += 1;
                }
                // So they stand over the plot, but for the fates, which are dots.
                if !table.picture.starts_with("fates") {
                    let here = format!("step {}\n", grouped(*t));
                    // Of a step without a point that fits the axis nothing is there.
                    let shown = svg.split(&here).nth(1);
                    assert!(
                        shown.is_some() || svg.contains("points are not drawn"),
                        "{name}: {here}"
                    );
                    let shown = shown.and_then(|rest| rest.split("</title>").next());
                    for ((label, kind), text) in table.columns.iter().zip(cells) {
                        let line = format!("{label} ({kind}): {text}");
                        let is_there = shown.is_none_or(|shown| shown.contains(&line));
                        assert!(text.is_empty() || is_there, "{name}: {line}");
                    }
                }
                // The same row is in the Markdown, up to what a table there escapes.
                let row = format!("| {} | {} |", grouped(*t), cells.join(" | "));
                assert!(
                    markdown.contains(&row.replace("  ", " ")) || markdown.contains(&row),
                    "{name}: {row}"
                );
            }
        }
        assert!(tables.len() >= 8, "{name}: {} pictures", tables.len());
        assert!(seen[1] > 50 && seen[2] > 300, "{name}: {seen:?}");
        if ["balanced", "hinge"].contains(&name) {
            assert!(seen[0] > 50, "{name}: {seen:?}");
        }
    }
}

fn grouped(t: u64) -> String {
    filtercert::report::format::count(t)
}

#[test]
fn the_page_is_complete_in_itself_and_in_order() {
    let Written {
        page,
        markdown,
        document,
        ..
    } = written(&["balanced"]);
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    let places = SECTIONS.map(|id| page.find(&format!("<section id=\"{id}\"")).expect(id));
    assert!(places.is_sorted(), "{places:?}");
    // Nothing is fetched, and the policy of the page forbids it.
    assert!(page.contains("default-src 'none'"));
    for outside in [
        "src=",
        "url(",
        "@import",
        "href=\"http",
        "<link rel=\"stylesheet",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    for theorem in document["theorems"].as_array().unwrap() {
        let id = theorem["id"].as_str().unwrap();
        assert!(
            page.contains(&format!("id=\"{id}\"")) || theorem["form"].is_string(),
            "{id}"
        );
    }
    // Each claim with its state, in the page as in the others.
    let claims = document["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 6);
    for claim in claims {
        let (id, here) = (
            claim["id"].as_str().unwrap(),
            claim["here"].as_str().unwrap(),
        );
        let row = between(&page, &format!("<tr id=\"{id}\">"), "</tr>")[0].to_owned();
        assert!(row.contains(here), "{id}: {here}");
        assert!(
            markdown
                .lines()
                .any(|line| line.starts_with(&format!("| {id}: ")) && line.contains(here))
        );
    }
    assert_eq!(claims[5]["here"], "not shown here");
    // Every anchor that is linked is there, once.
    for target in between(&page, "href=\"#", "\"") {
        let id = format!(" id=\"{}\"", unescaped(target));
        assert_eq!(page.matches(&id).count(), 1, "{target}");
    }
}

/// The matrix of theorems and assumptions is in both forms, folded away behind the verdict, and says what
/// necessity.json says.
#[test]
fn the_matrix_of_what_theorems_need_is_the_one_that_is_shipped() {
    let path = "examples/counterexamples/necessity.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let shipped: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let cells = shipped["cells"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sign = |cell: &Value| match cell["verdict"].as_str().unwrap() {
        "needed" => "needed",
        "not-needed" => "-",
        "not-stated" => "n/s",
        "open" => "open",
        other => panic!("{other}"),
    };
    for files in [&["small"][..], &["small", "small"]] {
        let Written { page, markdown, .. } = written(files);
        let parts = between(&page, "<details id=\"needs\">", "</details>");
        let [part] = parts[..] else {
            panic!("{} matrices", parts.len())
        };
        let in_markdown = between(&markdown, "<details><summary>which", "</details>");
        assert_eq!(in_markdown.len(), 1);
        let answer = page.find("class=\"answer").unwrap();
        assert!(answer < page.find(part).unwrap());
        assert!(markdown.find("## Verdict") < markdown.find("<details>"));
        // The table, row by row, and no row beside.
        let [head, body] = ["<thead>", "<tbody>"].map(|mark| {
            let end = mark.replace('<', "</");
            unescaped(between(part, mark, &end)[0])
        });
        assert_eq!(
            between(&head, "<th scope=\"col\">", "</th>"),
            ["", "A1", "A1k", "A2", "A3", "A4", "A5", "A6", "A6'"]
        );
        let rows = between(&body, "<tr>", "</tr>");
        assert_eq!(rows.len() * 8, cells.len());
        for (row, cells) in rows.iter().zip(cells.chunks(8)) {
            let theorem = text(&cells[0]["theorem"]);
            assert_eq!(between(row, "<th scope=\"row\">", "</th>"), [&theorem]);
            let signs: Vec<&str> = cells.iter().map(sign).collect();
            assert_eq!(between(row, "<td>", "</td>"), signs, "{theorem}");
            let line = format!("| {theorem} | {} |", signs.join(" | "));
            assert!(in_markdown[0].lines().any(|l| l == line), "{line}");
        }
        let list = unescaped(part);
        // Each sign is explained, and each cell has what it rests on.
        for words in ["needed", "open", "n/s", "-"] {
            assert!(list.contains(&format!("<dt>{words}</dt>")), "{words}");
            assert!(in_markdown[0].contains(&format!("\n- `{words}` ")));
        }
        let lines = between(&list, "<li><b>", "</li>");
        for cell in cells {
            let (theorem, assumption) = (text(&cell["theorem"]), text(&cell["assumption"]));
            let mut own = lines.iter().filter(|line| {
                let named = line.split_once("</b>").unwrap().0.split_once(' ').unwrap();
                named.0 == theorem && named.1.split(", ").any(|name| name == assumption)
            });
            let line = own
                .next()
                .unwrap_or_else(|| panic!("{theorem} {assumption}"));
            assert!(own.next().is_none(), "{theorem} {assumption}");
            for part in ["argument", "counterexample", "size"] {
                let said = cell[part].as_str().unwrap_or("");
                assert!(line.contains(said), "{theorem} {assumption}: {said}");
            }
            if cell["counterexample"].is_string() {
                let certified = cell["certificate"].is_string();
                assert_eq!(line.contains("with its certificate"), certified, "{line}");
            }
        }
    }
}

#[test]
fn two_problems_stand_beside_each_other_with_what_differs() {
    let Written {
        page,
        markdown,
        document,
        out,
    } = written(&["balanced", "violates-a4"]);
    let problems = document["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    let differs = between(&page, "<section id=\"differences\"", "</section>")[0];
    for (what, first, second) in [
        ("A4", "holds", "fails: "),
        ("T2", "holds, exact", "not applicable"),
    ] {
        let row = format!("<tr><th scope=\"row\">{what}</th><td>{first}</td><td>{second}");
        assert!(differs.contains(&row), "{row}");
        assert!(
            markdown.contains(&format!("| {what} | {first} | {second}")),
            "{what}"
        );
    }
    // What is the same is not among it.
    assert!(!differs.contains("<th scope=\"row\">A1</th>"));
    for prefix in ["first-", "second-"] {
        assert!(page.contains(&format!("<figure id=\"{prefix}norms\"")));
        assert!(out.join(format!("{prefix}norms.svg")).is_file());
    }
    for target in between(&page, "href=\"#", "\"") {
        let id = format!(" id=\"{}\"", unescaped(target));
        assert_eq!(page.matches(&id).count(), 1, "{target}");
    }
}

#[test]
fn a_name_cannot_act_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = short(folder.path(), "small");
    let text = fs::read_to_string(&path).unwrap();
    let name = r#"name = "<script>alert(1)</script> & \"x\" {{ 1 }} |""#;
    let lines = text.lines().map(|line| {
        if line.starts_with("name = ") {
            name
        } else {
            line
        }
    });
    let lines: Vec<&str> = lines.collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let out = folder.path().join("out");
    let (code, _, error) = filtercert(&["report", &path, "-o", out.to_str().unwrap()]);
    assert!([0, 3].contains(&code), "{error}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(!page.contains("<script>alert"));
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"),
        "the name is shown"
    );
    assert_eq!(page.matches("<script>").count(), 1);
}

/// What there is of each claim, by its name.
fn here(document: &Value, id: &str) -> (String, String) {
    let mut claims = document["claims"].as_array().unwrap().iter();
    let claim = claims.find(|claim| claim["id"] == id).unwrap();
    (
        claim["here"].as_str().unwrap().to_owned(),
        claim["against"].to_string(),
    )
}

#[test]
fn a_claim_is_said_no_wider_than_what_was_found() {
    for (name, expected) in [
        (
            "violates-a2",
            [
                ("C1", "so by the problem", "[]"),
                ("C2", "not in the form of A2", "A2 fails"),
                ("C4", "said of the mean", ""),
            ],
        ),
        (
            "violates-a4",
            [
                ("C2", "so by the problem", "[]"),
                ("C4", "undecided", "tends to 4"),
                (
                    "C5",
                    "undecided",
                    "P(accuracy = 1) is less than 99 % at step 300",
                ),
            ],
        ),
        // Within 300 steps T12 bounds the angles, T2 says of the mean that winners dominate, and 40 runs are too few for
        // T4; what T5 certifies comes later, and it says when.
        (
            "balanced",
            [
                ("C3", "theorems say so", "[]"),
                ("C4", "said of the mean", "[]"),
                ("C5", "theorems say so", "less than 99 % at step 300"),
            ],
        ),
        // T3 and T6 bound the norms, and neither says that they dominate.
        (
            "hinge",
            [
                ("C3", "measured", ""),
                ("C4", "measured", ""),
                ("C5", "theorems say so", ""),
            ],
        ),
    ] {
        let document = written(&[name]).document;
        for (id, state, against) in expected {
            let found = here(&document, id);
            assert_eq!(found.0, state, "{name} {id}");
            assert!(found.1.contains(against), "{name} {id}: {}", found.1);
        }
    }
}

#[test]
fn a_refuted_theorem_refutes_its_claims_and_an_open_one_leaves_them_open() {
    use filtercert::report::page::{State, claims};
    let problem = Builtin::Hinge.read().unwrap().problem;
    let problem = problem.changed(|parts| {
        (parts.training.steps, parts.training.runs) = (50, 20);
    });
    let mut report = check(&problem.unwrap(), &Config::default());
    let state = |report: &CheckReport, name: &str| {
        let rows = what_happens(report);
        let found = claims(report, &rows).into_iter();
        found
            .clone()
            .find(|claim| claim.name == name)
            .unwrap()
            .state
    };
    // After 50 steps losers are longer still.
    assert_eq!(state(&report, "C4"), State::MeasuredAgainst);
    let place = report.outcomes.iter().position(|o| o.id() == TheoremId::T3);
    let t3 = &mut report.outcomes[place.unwrap()];
    let stated = t3.verdict.clone();
    let violation = Violation::new(
        Place::expected(1),
        "a clause",
        Relation::AtMost,
        integer(1),
        integer(2),
    );
    t3.refute(violation, Layer::Exact);
    for name in ["C1", "C3", "C4"] {
        assert_eq!(state(&report, name), State::Refuted, "{name}");
    }
    assert_ne!(state(&report, "C5"), State::Refuted);
    let t3 = &mut report.outcomes[place.unwrap()];
    t3.verdict = stated;
    t3.undecided("a limit");
    assert_eq!(state(&report, "C4"), State::Open);
}
