//! A page without a fault has none, and each fault that is planted in it is found.

use filtercert_browser::{Browser, View};
use std::fs;

const GOOD: &str = r##"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 60rem; background: #fff; color: #111; }
svg { width: 100%; height: auto; }
.wide { overflow-x: auto; }
[data-shown-by] { display: none; }
figure:has(#one:checked) [data-shown-by="one"], figure:has(#two:checked) [data-shown-by="two"] { display: block; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } }
/* more style */
</style></head>
<body><main>
<section id="first"><h2>First</h2><p>Words.</p>
<div class="wide"><div style="width: 90rem">A long formula.</div></div></section>
<section id="second"><h2>Second</h2>
<figure id="drawing">
<input type="radio" name="drawing" id="one" data-switch checked><label for="one">one</label>
<input type="radio" name="drawing" id="two" data-switch><label for="two">two</label>
<svg data-shown-by="one" viewBox="0 0 10 5"><rect width="10" height="5"/></svg>
<svg data-shown-by="two" viewBox="0 0 10 5"><circle r="5"/></svg>
</figure>
<details><summary>More</summary><figure><svg viewBox="0 0 10 5"><rect width="10" height="5"/></svg></figure></details>
</section>
<!-- more sections -->
</main></body></html>
"##;

/// What is changed in the page: a text, what stands in its place, and a part of what is said of it.
const FAULTS: [(&str, &str, &str); 19] = [
    (
        "</main>",
        "</main><script>console.error('no', 1)</script>",
        r#"the console says: "no" 1"#,
    ),
    (
        "</main>",
        "</main><script>console.warn('hm')</script>",
        "the console says",
    ),
    (
        "</main>",
        "</main><script>setTimeout(() => { null.x })</script>",
        "an exception: TypeError",
    ),
    (
        "</title>",
        "</title><link rel=stylesheet href='https://example.org/a.css'>",
        "a request for https://example.org/a.css",
    ),
    (
        "</title>",
        "</title><link rel=preconnect href='https://example.org'>",
        "link refers to",
    ),
    (
        "</main>",
        "</main><script>fetch('http://127.0.0.1:9/x').catch(() => 0)</script>",
        "a request for http://127.0.0.1:9/x",
    ),
    (
        "</main>",
        "</main><script src=other.js></script>",
        "other.js",
    ),
    (
        "<p>Words.",
        "<div style='width: 1500px'>Words.</div><p>",
        "1024 wide: the page is 1532 wide",
    ),
    (
        "<p>Words.",
        "<div style='width: 700px'>Words.</div><p>",
        "360 wide: the page is 700 wide",
    ),
    (
        "/* more style */",
        "@media print { h2 { width: 900px } }",
        "in print: the page is 900 wide",
    ),
    (
        "<summary>More</summary>",
        "<summary>More</summary><div style='width: 2000px'>Wide.</div>",
        "360 wide: with all details open the page is",
    ),
    (
        "/* more style */",
        "#first { display: none }",
        "section#first is not visible",
    ),
    (
        "/* more style */",
        "@media print { #second { visibility: hidden } }",
        "in print: section#second is not visible",
    ),
    (
        "/* more style */",
        "figure svg { height: 0 }",
        "svg is not visible",
    ),
    (
        "/* more style */",
        "body { overflow-x: hidden } #first { position: relative; left: 30px }",
        "section#first goes from",
    ),
    (
        "figure:has(#two:checked)",
        "figure:has(#three:checked)",
        "with switch #two figure#drawing svg is not visible",
    ),
    (
        "[data-shown-by] { display: none; }",
        "",
        "with switch #two figure#drawing svg is visible",
    ),
    (
        "data-shown-by=\"two\" viewBox",
        "data-shown-by=\"tow\" viewBox",
        "shown by tow, which is no switch",
    ),
    (
        "body { background: #111; color: #eee; }",
        "body { color: #000; }",
        "in dark mode the background has luminance 1.00",
    ),
];

#[test]
fn planted_faults_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let browser = Browser::start().unwrap();
    let page = |name: &str, text: &str| {
        let page = folder.path().join(name);
        fs::write(&page, text).unwrap();
        page
    };
    let mut pages = vec![page("a good page.html", GOOD)];
    for (i, (text, planted, _)) in FAULTS.into_iter().enumerate() {
        assert_eq!(GOOD.matches(text).count(), 1, "{text}");
        pages.push(page(&format!("{i}.html"), &GOOD.replace(text, planted)));
    }
    let mut found = browser.faults_of(&pages).into_iter().map(Result::unwrap);
    assert_eq!(found.next().unwrap(), [""; 0]);
    for ((_, planted, said), found) in FAULTS.into_iter().zip(found) {
        assert!(
            found.iter().any(|fault| fault.contains(said)),
            "{planted}: {found:#?}"
        );
    }
}

#[test]
fn a_picture_is_as_high_as_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    fs::write(
        &page,
        "<!doctype html><body style='margin: 0; height: 3000px'>",
    )
    .unwrap();
    let view = View {
        width: 360,
        ..View::default()
    };
    let png = Browser::start().unwrap().picture(&page, view).unwrap();
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(
        (&png[1..4], number(16), number(20)),
        (&b"PNG"[..], 360, 3000)
    );
}
