//! Rules about case blocks (case-xml.md 1), one a file.

mod action_attribute;
mod action_blank;
mod action_empty;
mod action_namespace;
mod action_order;
mod action_spelling;
mod action_text;
mod action_twice;
mod action_unknown;
mod action_unknown_refused;
mod attachment_content;
mod attachment_from;
mod attachment_inline;
mod attachment_local;
mod attachment_name_only;
mod attachment_remote;
mod attachment_source_missing;
mod attachment_twice;
mod attribute_in_element;
mod attribute_namespaced;
mod attribute_unknown;
mod close_content;
mod close_twice;
mod create_blank;
mod create_child;
mod create_empty;
mod create_hq_only;
mod create_late;
mod create_name_missing;
mod create_owner_blank;
mod create_owner_missing;
mod create_owner_none;
mod create_type_blank;
mod create_type_id;
mod create_type_missing;
mod date_blank;
mod date_hq;
mod date_letter_case;
mod date_missing;
mod date_offset_colon;
mod date_offset_missing;
mod date_opened_blank;
mod date_opened_shape;
mod date_opened_time;
mod date_opened_unreadable;
mod date_plus_lost;
mod date_seconds_missing;
mod date_shape;
mod date_unreadable;
mod empty;
mod field_again;
mod field_long;
mod field_long_on_device;
mod field_long_on_hq;
mod field_twice;
mod id_blank;
mod id_date_time;
mod id_in_element;
mod id_long;
mod id_missing;
mod id_space;
mod index_attribute;
mod index_attribute_unknown;
mod index_long;
mod index_mixed;
mod index_namespace;
mod index_relationship_blank;
mod index_relationship_unknown;
mod index_removal_untyped;
mod index_space;
mod index_twice;
mod index_type_blank;
mod index_type_space;
mod index_untyped;
mod look;
mod namespace_foreign;
mod namespace_inherited;
mod namespace_missing;
mod nested;
pub(super) mod passed_over;
mod property_attribute;
mod property_category;
mod property_date_time;
mod property_dropped;
mod property_fallback;
mod property_hq_user;
mod property_last_modified;
mod property_location;
mod property_name;
mod property_namespace;
mod property_nested;
mod property_reserved;
mod property_space;
mod property_twice;
mod property_user_id;
mod property_userid;
mod referral;
pub(super) mod screen;
mod self_index;
mod text;
mod text_large;
mod update_owner_blank;
mod user_space;

use super::{
    audience::Audience::{Device, Hq},
    draft::Drafts,
    rule::{
        Rule,
        Severity::{Error, Portability},
    },
    subject::{Case, Form},
};
use passed_over::PassedOver;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[
    &namespace_missing::RULE,
    &namespace_foreign::RULE,
    &namespace_inherited::RULE,
    &id_missing::RULE,
    &id_blank::RULE,
    &id_in_element::RULE,
    &attribute_in_element::RULE,
    &attribute_namespaced::RULE,
    &attribute_unknown::RULE,
    &id_space::RULE,
    &user_space::RULE,
    &id_long::RULE,
    &id_date_time::RULE,
    &date_missing::RULE,
    &date_blank::RULE,
    &date_unreadable::RULE,
    &date_plus_lost::RULE,
    &date_shape::RULE,
    &date_hq::RULE,
    &date_offset_colon::RULE,
    &date_offset_missing::RULE,
    &date_letter_case::RULE,
    &date_seconds_missing::RULE,
    &empty::RULE,
    &text::RULE,
    &action_text::RULE,
    &action_order::RULE,
    &create_late::RULE,
    &action_twice::RULE,
    &close_twice::RULE,
    &create_empty::RULE,
    &create_blank::RULE,
    &action_empty::RULE,
    &action_blank::RULE,
    &action_spelling::RULE,
    &action_namespace::RULE,
    &action_attribute::RULE,
    &action_unknown::RULE,
    &action_unknown_refused::RULE,
    &nested::RULE,
    &referral::RULE,
    &close_content::RULE,
    &create_type_missing::RULE,
    &create_name_missing::RULE,
    &create_type_blank::RULE,
    &create_type_id::RULE,
    &create_hq_only::RULE,
    &create_child::RULE,
    &create_owner_missing::RULE,
    &create_owner_none::RULE,
    &create_owner_blank::RULE,
    &update_owner_blank::RULE,
    &property_nested::RULE,
    &property_attribute::RULE,
    &property_namespace::RULE,
    &property_twice::RULE,
    &field_twice::RULE,
    &field_again::RULE,
    &property_space::RULE,
    &property_date_time::RULE,
    &property_dropped::RULE,
    &property_userid::RULE,
    &property_last_modified::RULE,
    &property_category::RULE,
    &property_fallback::RULE,
    &property_location::RULE,
    &property_hq_user::RULE,
    &property_name::RULE,
    &property_user_id::RULE,
    &property_reserved::RULE,
    &date_opened_time::RULE,
    &date_opened_shape::RULE,
    &date_opened_blank::RULE,
    &date_opened_unreadable::RULE,
    &field_long::RULE,
    &field_long_on_device::RULE,
    &field_long_on_hq::RULE,
    &text_large::RULE,
    &index_untyped::RULE,
    &index_removal_untyped::RULE,
    &index_type_blank::RULE,
    &index_type_space::RULE,
    &index_relationship_blank::RULE,
    &index_relationship_unknown::RULE,
    &index_space::RULE,
    &self_index::RULE,
    &index_twice::RULE,
    &index_attribute::RULE,
    &index_namespace::RULE,
    &index_attribute_unknown::RULE,
    &index_long::RULE,
    &index_mixed::RULE,
    &attachment_local::RULE,
    &attachment_remote::RULE,
    &attachment_inline::RULE,
    &attachment_source_missing::RULE,
    &attachment_from::RULE,
    &attachment_name_only::RULE,
    &attachment_content::RULE,
    &attachment_twice::RULE,
];

/// Runs a rule on a block. What it finds concerns those who read the block, and is no error to one who takes nothing from it;
/// what one alone reads is not read differently by others.
pub(super) fn run(check: fn(&Case<'_>, &mut Drafts), case: &Case<'_>, found: &mut Drafts) {
    let before = found.len();
    check(case, found);
    if found.len() == before {
        return;
    }
    let passed_over = passed_over(case);
    let are_both = [Device, Hq].into_iter().all(|reader| case.readers.contains(reader));
    found.narrow(before, |reader, severity, place| {
        case.readers.contains(reader)
            && match severity {
                Error => !passed_over.holds(reader, place),
                Portability => are_both,
                _ => true,
            }
    });
}

/// Runs a rule on a form. What it finds inside a block is no error to one who takes nothing from there.
pub(super) fn run_across(
    check: fn(&Form<'_>, &mut Drafts),
    form: &Form<'_>,
    cases: &[Case<'_>],
    found: &mut Drafts,
) {
    let before = found.len();
    check(form, found);
    found.narrow(before, |reader, severity, place| {
        let begun = cases.partition_point(|case| case.span().start <= place.start);
        let around = cases[..begun].last().filter(|case| case.readers.contains(reader));
        severity != Error || !around.is_some_and(|case| passed_over(case).holds(reader, place))
    });
}

fn passed_over<'p>(case: &'p Case<'_>) -> &'p PassedOver {
    case.passed_over.get_or_init(|| PassedOver::of(case))
}

#[cfg(test)]
mod tests {
    use crate::check::{Audience, Audiences, Options, Severity, document};

    const GOOD: &str =
        "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";

    /// The codes of what is an error to one reader.
    fn errors(reader: Audience, blocks: &str) -> Vec<&'static str> {
        let form =
            format!("<data xmlns='urn:f'>{blocks}<n:meta xmlns:n='http://openrosa.org/jr/xforms'/></data>");
        let options = Options { audiences: Some(Audiences::COMMCARE), ..Options::default() };
        let report = document(&form, &options);
        let errors =
            report.findings().iter().filter(|finding| finding.verdict(reader) == Some(Severity::Error));
        errors.map(|finding| finding.code()).filter(|code| !code.starts_with("form-")).collect()
    }

    fn block(name: &str, attributes: &str, inside: &str) -> String {
        let namespace = "xmlns='http://commcarehq.org/case/transaction/v2'";
        format!("<{name} {namespace} user_id='u1' {attributes}>{inside}</{name}>")
    }

    fn dated(inside: &str) -> String {
        block("case", "case_id='c1' date_modified='2024-05-01'", inside)
    }

    fn logged(inside: &str) -> String {
        format!("<log xmlns='http://code.javarosa.org/devicereport'>{inside}</log>")
    }

    /// C-030, C-031, C-041, C-042, C-052: what is a block to the device alone is held to what the device demands of it, and to
    /// nothing else.
    #[test]
    fn a_block_of_the_device_alone_is_checked_for_the_device() {
        let dated = "case_id='c1' date_modified='2024-05-01'";
        let oddities = [
            (block("Case", "case_id='' date_modified='2024-05-01'", GOOD), "case-id-blank"),
            (block("Case", "case_id='c1'", GOOD), "case-date-missing"),
            (block("Case", dated, "<create> </create>"), "case-create-blank"),
            (block("Case", dated, "<create><external_id>x</external_id></create>"), "case-create-hq-only"),
            (block("Case", dated, "<index><p case_type='t'>c1</p></index>"), "case-self-index"),
            (logged("<case/>"), "case-id-missing"),
            (logged(&block("case", "case_id='c1'", GOOD)), "case-date-missing"),
            (logged("<case><case_id>c1</case_id></case>"), "legacy-unsupported"),
        ];
        for (written, code) in oddities {
            assert!(errors(Audience::Device, &written).contains(&code), "{written}");
            assert_eq!(errors(Audience::Hq, &written), [""; 0], "{written}");
        }
        let by_namespace = "<case xmlns:z='urn:z' z:case_id='c1' date_modified='2024-05-01'/>";
        assert_eq!(errors(Audience::Device, by_namespace), [""; 0]);
        let odd_to_hq = "<index><p case_type='t' relationship='x'>P</p></index>";
        assert_eq!(errors(Audience::Device, &block("Case", dated, odd_to_hq)), [""; 0]);
    }

    /// C-030: what stands in a block is a part of it to the device, whatever it is to others.
    #[test]
    fn a_block_inside_one_of_the_device_is_none_to_the_device() {
        let inner = block("case", "case_id='c2'", "");
        for inner in [&inner, "<case/>"] {
            let outer = block("Case", "case_id='c1' date_modified='2024-05-01'", &[GOOD, inner].concat());
            assert_eq!(errors(Audience::Device, &outer), [""; 0]);
        }
    }

    /// C-031, C-052: the device does not stumble on what it never comes to, and what it looks into need not stop it.
    #[test]
    fn what_the_device_passes_over_is_no_error_to_it() {
        let behind = ["<foo>text</foo>", "<update><a><b/></a></update>", "<create/>"];
        for inside in behind {
            assert_ne!(errors(Audience::Device, &dated(&[GOOD, inside].concat())), [""; 0], "{inside}");
            for end in ["<case/>", "<Case/>", "<x><case/></x>", "<close><case/></close>"] {
                let inside = [GOOD, end, inside].concat();
                assert_eq!(errors(Audience::Device, &dated(&inside)), [""; 0], "{inside}");
            }
        }
        let no_date = |inside| block("case", "case_id='c1' date_modified='yesterday'", inside);
        assert_eq!(errors(Audience::Device, &no_date("")), [""; 0]);
        assert_eq!(errors(Audience::Device, &no_date("<close/>")), ["case-date-unreadable"]);
        assert_eq!(errors(Audience::Hq, &no_date("")), ["case-date-unreadable"]);
        let referral = dated(&[GOOD, "<referral> </referral>"].concat());
        assert_eq!(errors(Audience::Device, &referral), [""; 0]);
        assert_eq!(errors(Audience::Hq, &referral), ["case-referral"]);
    }

    /// C-029, C-039: a block without an id, an action that stands twice and one in capital letters are passed over.
    #[test]
    fn what_commcare_hq_passes_over_is_no_error_to_it() {
        let index = "<index><p>P</p><p case_type='t' relationship='x'>P</p></index>";
        let referral = "<referral><referral_id>r</referral_id></referral>";
        let date = "date_modified='yesterday'";
        let with_id = block("case", &format!("case_id='c1' {date}"), &[index, referral].concat());
        let found = errors(Audience::Hq, &with_id);
        assert!(found.contains(&"case-index-twice") && found.contains(&"case-date-unreadable"), "{found:?}");
        assert_eq!(errors(Audience::Hq, &block("case", date, &[index, referral].concat())), [""; 0]);
        assert_eq!(errors(Audience::Hq, &dated(&index.repeat(2))), [""; 0]);
        assert_eq!(errors(Audience::Hq, &dated(&index.replace("index>", "Index>"))), [""; 0]);
    }

    /// C-011, C-052: a removal has no relationship to speak of, and a word that there is none of is wrong all the same.
    #[test]
    fn an_unknown_relationship_of_a_removal_is_an_error_to_the_standard_alone() {
        let removal = dated("<index><p case_type='t' relationship='x'/></index>");
        assert_eq!(errors(Audience::Spec, &removal), ["case-index-relationship-unknown"]);
        assert_eq!(errors(Audience::Device, &removal), [""; 0]);
        assert_eq!(errors(Audience::Hq, &removal), [""; 0]);
    }
}
