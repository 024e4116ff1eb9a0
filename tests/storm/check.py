#!/usr/bin/env python3
"""What Storm, in exact arithmetic, answers to the properties of a model file.

    check.py MODEL.umb PROPERTIES

prints JSON: the numbers of states and transitions, how many states have each label, the value of each property at the
initial state by the property's name, and the values of each variable, state by state. Fractions are text.

Needs stormpy (pip install stormpy==2.0.0).
"""

import json
import sys
from pathlib import Path

import stormpy
from stormpy import io


def answers(model_file, properties_file):
    options = io.UmbImportOptions()
    options.value_type = io.UmbImportValueType.RATIONAL
    model = stormpy.build_model_from_umb(model_file, options=options)
    (start,) = model.initial_states
    properties = stormpy.parse_properties(Path(properties_file).read_text(encoding="utf-8"))
    labels, variables = model.labeling, model.state_valuations
    return {
        "is_exact": model.is_exact,
        "states": model.nr_states,
        "transitions": model.nr_transitions,
        "labels": {
            name: labels.get_states(name).get_number_of_set_bits() for name in labels.get_labels()
        },
        "properties": {
            asked.get_name(): str(stormpy.model_checking(model, asked).get_value(start))
            for asked in properties
        },
        "variables": {
            variable.name: [str(value) for value in variables.get_rational_values(variable)]
            for variable in variables.get_all_variables()
        },
    }


if __name__ == "__main__":
    print(json.dumps(answers(*sys.argv[1:])))
