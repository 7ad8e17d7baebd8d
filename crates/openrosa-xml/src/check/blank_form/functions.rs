//! How many arguments the functions of XPath, JavaRosa, ODK and CommCare take.

/// As many as one likes.
const ANY: usize = usize::MAX;

/// A function, and the least and the most arguments that it takes, in the order of letters. Where clients differ, what any of
/// them takes is taken; functions that are not here are not judged.
#[rustfmt::skip]
const FUNCTIONS: [(&str, usize, usize); 68] = [
    ("abs", 1, 1),
    ("acos", 1, 1),
    ("area", 1, ANY),
    ("asin", 1, 1),
    ("atan", 1, 1),
    ("atan2", 2, 2),
    ("boolean", 1, 1),
    ("boolean-from-string", 1, 1),
    ("ceiling", 1, 1),
    ("coalesce", 1, ANY),
    ("contains", 2, 2),
    ("cos", 1, 1),
    ("count", 1, 1),
    ("count-non-empty", 1, 1),
    ("count-selected", 1, 1),
    ("current", 0, 0),
    ("date", 1, 1),
    ("decimal-date-time", 1, 1),
    ("decimal-time", 1, 1),
    ("digest", 2, 3),
    ("ends-with", 2, 2),
    ("exp", 1, 1),
    ("exp10", 1, 1),
    ("false", 0, 0),
    ("floor", 1, 1),
    ("format-date-time", 2, 2),
    ("id", 1, 1),
    ("if", 3, 3),
    ("indexed-repeat", 3, ANY),
    ("instance", 1, 1),
    ("int", 1, 1),
    ("lang", 1, 1),
    ("last", 0, 0),
    ("local-name", 0, 1),
    ("log", 1, 1),
    ("log10", 1, 1),
    ("lower-case", 1, 1),
    ("name", 0, 1),
    ("namespace-uri", 0, 1),
    ("normalize-space", 0, 1),
    ("not", 1, 1),
    ("now", 0, 0),
    ("number", 0, 1),
    ("once", 1, 1),
    ("pi", 0, 0),
    ("position", 0, 1),
    ("pow", 2, 2),
    ("random", 0, 0),
    ("regex", 2, 2),
    ("round", 1, 2),
    ("selected", 2, 2),
    ("selected-at", 2, 2),
    ("sin", 1, 1),
    ("sqrt", 1, 1),
    ("starts-with", 2, 2),
    ("string", 0, 1),
    ("string-length", 0, 1),
    ("substr", 2, 3),
    ("substring", 2, 3),
    ("substring-after", 2, 2),
    ("substring-before", 2, 2),
    ("sum", 1, 1),
    ("tan", 1, 1),
    ("today", 0, 0),
    ("translate", 3, 3),
    ("true", 0, 0),
    ("upper-case", 1, 1),
    ("uuid", 0, 1),
];

/// What the function takes, where it does not take so many.
pub(super) fn expected(function: &str, given: usize) -> Option<String> {
    let at = FUNCTIONS.binary_search_by_key(&function, |(name, ..)| name).ok()?;
    let (_, least, most) = FUNCTIONS[at];
    let is_taken = (least..=most).contains(&given);
    (!is_taken).then(|| match (least, most) {
        (0, 0) => "no argument".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, ANY) => format!("at least {least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_and_counted() {
        assert!(FUNCTIONS.is_sorted_by_key(|(name, ..)| name));
        assert_eq!(expected("selected", 4).as_deref(), Some("2 arguments"));
        assert_eq!(expected("coalesce", 0).as_deref(), Some("at least 1 arguments"));
        assert_eq!(expected("true", 1).as_deref(), Some("no argument"));
        assert_eq!(expected("round", 3).as_deref(), Some("1 to 2 arguments"));
        assert_eq!((expected("if", 3), expected("made-up", 9)), (None, None));
    }
}
