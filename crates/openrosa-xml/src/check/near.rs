//! Names that are nearly right.

/// The name that was probably meant: the same but for the case of letters, or with a letter or two wrong, missing, too many or
/// swapped, and not more than half of it.
pub(super) fn nearest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |known: &str| match known.eq_ignore_ascii_case(written) {
        true => 0,
        false if known.len().abs_diff(written.len()) > 2 => usize::MAX,
        false => strsim::osa_distance(known, written),
    };
    let near = known.into_iter().map(|known| (distance(known), known));
    let (distance, nearest) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance * 2 <= nearest.chars().count()).then_some(nearest)
}

/// What a message says of it.
pub(super) fn told(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!(", perhaps `{meant}`"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn names_that_are_nearly_right_are_known() {
        let known = ["bind", "instance", "id", "input"];
        for (written, meant) in [("biind", "bind"), ("Instance", "instance"), ("ind", "bind"), ("idx", "id")]
        {
            assert_eq!(nearest(written, known), Some(meant), "{written}");
        }
        for other in ["", "model", "wrapper", "xy", "&a very long name that is like no other"] {
            assert_eq!(nearest(other, known), None, "{other}");
        }
    }
}
