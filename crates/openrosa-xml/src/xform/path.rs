//! Paths of nodes in a form, made comparable.

/// The path from the root that a path means inside this node: without prefixes, `.` and `..`. `None` where there is more to
/// it than names: a condition, a wildcard, a function.
pub(crate) fn absolute(base: &str, path: &str) -> Option<String> {
    let path = path.trim_ascii();
    let (start, steps) = match path.strip_prefix('/') {
        Some(steps) => ("", steps),
        None => (base, path),
    };
    let mut steps_so_far: Vec<&str> = start.split('/').filter(|step| !step.is_empty()).collect();
    for step in steps.split('/').map(str::trim_ascii) {
        match step {
            "." => {}
            ".." => drop(steps_so_far.pop()?),
            _ => steps_so_far.push(step),
        }
    }
    let mut absolute = String::with_capacity(base.len() + path.len());
    for step in steps_so_far {
        let (mark, name) = step.strip_prefix('@').map_or(("", step), |name| ("@", name));
        let local = super::local_part(name);
        if !is_name(local) {
            return None;
        }
        absolute.extend(["/", mark, local]);
    }
    Some(absolute)
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.') || !c.is_ascii();
    !text.is_empty() && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_comparable() {
        let path = |path| absolute("/d/g", path);
        assert_eq!(path("/d/orx:meta/orx:instanceID").as_deref(), Some("/d/meta/instanceID"));
        assert_eq!(path(" x ").as_deref(), Some("/d/g/x"));
        assert_eq!(path("../x/./y").as_deref(), Some("/d/x/y"));
        assert_eq!(path(".").as_deref(), Some("/d/g"));
        assert_eq!(path("case/@case_id").as_deref(), Some("/d/g/case/@case_id"));
        for other in ["../../../x", "x[1]", "*", "current()/x", "", "//x"] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
