use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-entity-id",
    title: "an entity whose id is no random UUID",
    verdicts: &[(Odk, Warning)],
    message: "`entity` has the id `{id}`, which is no UUID of version 4",
    remedy: "give it the id of the entity that it updates, or a new random UUID",
    why: "ODK Central takes the form and makes no entity of it unless the id is a UUID of version 4, with or without \
          `uuid:`; ODK Collect wants the bare one.",
    statements: &[],
    sections: &["openrosa.md 8.3"],
    triggers: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="oak-1" create="1"><label>Oak</label></entity>
      <!--                                                                       ^^^^^^^^^^ form-entity-id -->
    </meta>
  </tree>"#,
    ),
    passes: Example::OdkForm(
        r#"
  <tree>
    <meta>
      <entity xmlns="http://www.opendatakit.org/xforms/entities" dataset="trees" id="1f0e3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22" create="1"><label>Oak</label></entity>
    </meta>
  </tree>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for entity in super::entities(form) {
        let id = entity.attribute("id").unwrap_or_default();
        if !is_uuid(id.strip_prefix("uuid:").unwrap_or(id)) {
            found.push(Draft::at(Spot::attribute(entity.place, "id")).value("id", id));
        }
    }
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits, of version 4 and of the variant of RFC 4122.
fn is_uuid(text: &str) -> bool {
    let groups =
        text.split('-').map(|group| group.bytes().all(|b| b.is_ascii_hexdigit()).then_some(group.len()));
    let starts = |at: usize, with: &[u8]| text.as_bytes().get(at).is_some_and(|digit| with.contains(digit));
    groups.eq([8, 4, 4, 4, 12].map(Some)) && starts(14, b"4") && starts(19, b"89abAB")
}

#[cfg(test)]
mod tests {
    use super::is_uuid;

    /// openrosa.md 8.3: ODK Central takes version 4 only.
    #[test]
    fn random_uuids_are_known_by_their_version() {
        for id in ["8c4ada62-d76d-433b-80ce-a8c7f2a68d4b", "8C4ADA62-D76D-433B-80CE-A8C7F2A68D4B"] {
            assert!(is_uuid(id), "{id}");
        }
        let version_one = "6dac4940-913e-11e0-9d4b-005056aa7fb5";
        let no_variant = "8c4ada62-d76d-433b-70ce-a8c7f2a68d4b";
        for id in ["", "oak-1", version_one, no_variant, "8c4ada62d76d433b80cea8c7f2a68d4b"] {
            assert!(!is_uuid(id), "{id}");
        }
    }
}
