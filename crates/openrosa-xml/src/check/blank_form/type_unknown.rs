use crate::check::near;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-type-unknown",
    title: "a type that no client knows",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{type}` is no type{meant}",
    remedy: "correct the type",
    why: "JavaRosa and CommCare warn and take any answer as it comes (from their code). The types are those of \
          XForms and XML Schema, and those that ODK and CommCare add.",
    statements: &[],
    sections: &["ODK XForms Specification, Data Types"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" type="integr"/>
      <!--                              ^^^^^^ blank-form-type-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" type="xsd:integer" xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>"#,
    ),
    run: Run::BlankForm(check),
};

#[rustfmt::skip]
const TYPES: [&str; 60] = [
    "ENTITIES", "ENTITY", "ID", "IDREF", "IDREFS", "NCName", "NMTOKEN", "NMTOKENS", "NOTATION", "Name", "QName", "anyType",
    "anyURI", "barcode", "base64Binary", "binary", "boolean", "byte", "card-number", "date", "dateTime", "dayTimeDuration",
    "decimal", "double", "duration", "email", "float", "gDay", "gMonth", "gMonthDay", "gYear", "gYearMonth", "geopoint",
    "geoshape", "geotrace", "hexBinary", "int", "integer", "intent", "language", "listItem", "listItems", "long",
    "negativeInteger", "nonNegativeInteger", "nonPositiveInteger", "normalizedString", "positiveInteger", "rank",
    "select", "select1", "short", "string", "time", "token", "unsignedByte", "unsignedInt", "unsignedLong", "unsignedShort",
    "yearMonthDuration",
];

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (bind, _) in &blank.outline.binds {
        let Some(given) = bind.data_type().filter(|given| !TYPES.contains(given)) else { continue };
        let draft = Draft::at(Spot::attribute_value(span(bind.mark), "type")).value("type", given);
        found.push(draft.value("meant", near::told(near::nearest(given, TYPES))));
    }
}
