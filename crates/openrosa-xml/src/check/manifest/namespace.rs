use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "manifest-namespace",
    title: "a manifest that is not in its namespace",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the manifest is in {namespace}",
    remedy: "write `xmlns=\"http://openrosa.org/xforms/xformsManifest\"` on the root",
    why: "ODK Collect knows a manifest by its namespace (from its code), takes this answer for none, and goes on as \
          if the form had no media.",
    statements: &[],
    sections: &["openrosa.md 0.3", "openrosa.md 4.3", "openrosa.md 4.6"],
    triggers: Example::Document(
        r"
<manifest>
<!-- <- manifest-namespace -->
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/oak.jpg</downloadUrl>
  </mediaFile>
</manifest>",
    ),
    passes: Example::Document(
        r#"
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>oak.jpg</filename>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/oak.jpg</downloadUrl>
  </mediaFile>
</manifest>"#,
    ),
    run: Run::Manifest(check),
};

fn check(manifest: &Manifest<'_>, found: &mut Drafts) {
    let namespace = manifest.element.name.namespace();
    if namespace != Some(ns::MANIFEST) {
        let told =
            namespace.map_or("no namespace".to_owned(), |namespace| format!("the namespace `{namespace}`"));
        found.push(Draft::at(Spot::name(span(manifest.element.mark))).value("namespace", told));
    }
}
