//! What the device refuses in a registration (ota-restore.md 2.6).

use super::{Refusal, RefusalKind};
use crate::{registration::Registration, xml::Element};

/// What must stand there first, in this order.
const REQUIRED: [&str; 4] = ["username", "password", "uuid", "date"];

/// What may follow, and is passed over.
const IGNORED: [&str; 2] = ["registering_phone_id", "token"];

pub(super) fn check(user: &Registration<'_>) -> Result<(), Refusal> {
    let mut children = user.element.elements();
    for expected in REQUIRED {
        match children.next() {
            Some(child) if is(child, expected) => check_text(child)?,
            found => return Err(out_of_order(user, found, expected)),
        }
    }
    for child in children {
        if is(child, "user_data") {
            // Reading the registration ends with it.
            return child.elements().try_for_each(check_datum);
        }
        if !IGNORED.iter().any(|name| is(child, name)) {
            let name = child.name.local_name().to_owned();
            return Err(RefusalKind::RegistrationChild { name }.at(child.mark));
        }
        check_text(child)?;
    }
    Ok(())
}

fn is(element: &Element<'_>, name: &str) -> bool {
    element.name.local_name().eq_ignore_ascii_case(name)
}

fn out_of_order(user: &Registration<'_>, found: Option<&Element<'_>>, expected: &'static str) -> Refusal {
    let mark = found.map_or(user.element.mark, |element| element.mark);
    let found = found.map(|element| element.name.local_name().to_owned());
    RefusalKind::Registration { found, expected }.at(mark)
}

fn check_text(element: &Element<'_>) -> Result<(), Refusal> {
    match element.elements().next() {
        None => Ok(()),
        Some(inside) => {
            let name = inside.name.local_name().to_owned();
            let within = element.name.local_name().to_owned();
            Err(RefusalKind::NotText { name, within }.at(inside.mark))
        }
    }
}

fn check_datum(element: &Element<'_>) -> Result<(), Refusal> {
    if !is(element, "data") {
        let name = element.name.local_name().to_owned();
        return Err(RefusalKind::UserData { name }.at(element.mark));
    }
    if element.attribute("key").is_none() {
        return Err(RefusalKind::DataUnnamed.at(element.mark));
    }
    check_text(element)
}

#[cfg(test)]
mod tests {
    use super::super::tests::verdict;

    const FOUR: &str = "<username>a</username><password/><uuid>u</uuid><date>any day</date>";

    fn user(inside: &str) -> String {
        verdict(&format!("<Registration>{inside}</Registration>"))
    }

    fn with(rest: &str) -> String {
        user(&format!("{FOUR}{rest}"))
    }

    /// S-011: children out of order, missing, or unknown before `user_data` are errors.
    #[test]
    fn the_first_four_children_have_their_order() {
        assert_eq!(user(FOUR), "");
        assert_eq!(
            user("<username/><uuid/><password/><date/>"),
            "`uuid` stands in the registration where `password` must"
        );
        assert_eq!(
            user("<username/><password/><uuid/>"),
            "nothing stands in the registration where `date` must"
        );
        assert_eq!(with("<email/><user_data/>"), "`email` is nothing that a registration holds");
        assert_eq!(with("<user_data/><email/>"), "", "reading it has ended");
    }

    /// S-012: the text of `date` is not looked at.
    /// S-013: `registering_phone_id` and `token` may stand there.
    #[test]
    fn what_nobody_looks_at_is_taken() {
        assert_eq!(with("<token>t</token><registering_phone_id/><user_data><data key='a'/></user_data>"), "");
        assert_eq!(with("<token><x/></token>"), "`x` stands in `token` where only text may");
    }

    /// S-014: a `data` needs a key, and an empty one is an empty text.
    #[test]
    fn data_of_a_user_has_a_key() {
        assert_eq!(with("<user_data><data key='a'/><data key='b'>1</data></user_data>"), "");
        assert_eq!(with("<user_data><data>1</data></user_data>"), "a `data` of the user has no `key`");
        assert_eq!(
            with("<user_data><datum key='a'/></user_data>"),
            "`datum` stands in `user_data`, which takes `data` only"
        );
        let source = format!("<r>{FOUR}<user_data><data key='a'/></user_data></r>");
        let read = crate::registration::Registration::read(&source).unwrap();
        assert_eq!(read.data("a").as_deref(), Some(""));
    }
}
