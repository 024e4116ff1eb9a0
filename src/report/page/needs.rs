//! Which theorem needs which assumption: the matrix that is shipped, the same for every problem.

use crate::audit::necessity::COLUMNS;
use crate::report::necessity::{COLUMNS_SAY, Matrix, SIGNS, capitalised};
use serde_json::{Value, json};

/// The matrix with its legend, and what its cells rest on.
pub fn needs() -> Value {
    let matrix = Matrix::shipped();
    let legend = SIGNS
        .iter()
        .map(|sign| json!({"sign": sign.sign, "words": sign.words, "says": sign.says}));
    let rows = matrix
        .rows
        .iter()
        .map(|(name, signs)| json!({"theorem": name, "signs": signs}));
    let grounds = matrix.grounds.iter().map(|(sign, own)| {
        let cells = own
            .iter()
            .map(|(cells, said)| json!({"cells": cells, "said": said}));
        json!({"title": capitalised(sign.words), "cells": cells.collect::<Vec<_>>()})
    });
    json!({
        "totals": matrix.totals,
        "columns": COLUMNS,
        "columns_say": COLUMNS_SAY,
        "legend": legend.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
        "grounds": grounds.collect::<Vec<_>>(),
    })
}
