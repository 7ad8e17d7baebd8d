//! Lists, manifests and their neighbors: what their accessors find. Entries of no use are told in words.

use std::fmt::Display;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeStruct};

use crate::{
    EncryptedSubmission, FileHash, FormList, Geopoint, Integrity, Manifest,
    briefcase::{DownloadedSubmission, IdChunk, SubmissionKey, SubmissionMetadata},
    form_list::{FormGroup, LegacyForm, ListedForm},
    geopoint::Polyline,
    integrity::EntityState,
    manifest::{MediaFile, RelativePath},
};

object! {
    ListedForm { form_id, name, version, hash, download_url, manifest_url, description_text, description_url }
    FormGroup { group_id, name, list_url, description_text, description_url }
    LegacyForm { name, url }
    MediaFile { path, kind, hash, download_url, integrity_url }
    EntityState { id, deleted }
    SubmissionMetadata {
        form_id, version, ui_version, encrypted, instance_id, submission_date, complete, marked_as_complete_date
    }
}

impl Serialize for FileHash {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FileHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is no MD5 hash")))
    }
}

impl Serialize for RelativePath<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RelativePath<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl Serialize for SubmissionKey<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl Serialize for FormList<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let (forms, mut of_no_use) = parted(self.forms());
        let (groups, bad_groups) = parted(self.groups());
        let (legacy_forms, bad_legacy_forms) = parted(self.legacy_forms());
        of_no_use.extend(bad_groups.into_iter().chain(bad_legacy_forms));
        let mut object = out.serialize_struct("FormList", 4)?;
        object.serialize_field("forms", &forms)?;
        object.serialize_field("groups", &groups)?;
        object.serialize_field("legacy_forms", &legacy_forms)?;
        object.serialize_field("of_no_use", &of_no_use)?;
        object.end()
    }
}

impl Serialize for Manifest<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let (files, of_no_use) = parted(self.files());
        let mut object = out.serialize_struct("Manifest", 2)?;
        object.serialize_field("files", &files)?;
        object.serialize_field("of_no_use", &of_no_use)?;
        object.end()
    }
}

/// What can be used, and of the rest the reasons why not.
fn parted<T, E: Display>(entries: impl Iterator<Item = Result<T, E>>) -> (Vec<T>, Vec<String>) {
    let (mut useful, mut of_no_use) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Ok(entry) => useful.push(entry),
            Err(error) => of_no_use.push(error.to_string()),
        }
    }
    (useful, of_no_use)
}

impl Serialize for Integrity<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut object = out.serialize_struct("Integrity", 1)?;
        object.serialize_field("entities", &self.entities().collect::<Vec<_>>())?;
        object.end()
    }
}

impl Serialize for IdChunk<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut object = out.serialize_struct("IdChunk", 2)?;
        object.serialize_field("ids", &self.ids().collect::<Vec<_>>())?;
        object.serialize_field("resumption_cursor", &self.resumption_cursor())?;
        object.end()
    }
}

impl Serialize for DownloadedSubmission<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let (files, of_no_use) = parted(self.files());
        let mut object = out.serialize_struct("DownloadedSubmission", 4)?;
        object.serialize_field("metadata", &self.metadata())?;
        object.serialize_field("instance", &self.instance())?;
        object.serialize_field("files", &files)?;
        object.serialize_field("of_no_use", &of_no_use)?;
        object.end()
    }
}

impl Serialize for EncryptedSubmission<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut object = out.serialize_struct("EncryptedSubmission", 7)?;
        object.serialize_field("form_id", &self.form_id())?;
        object.serialize_field("version", &self.version())?;
        object.serialize_field("encrypted_key", &self.encrypted_key())?;
        object.serialize_field("instance_id", &self.instance_id())?;
        object.serialize_field("media_files", &self.media_files().collect::<Vec<_>>())?;
        object.serialize_field("form_file", &self.form_file())?;
        object.serialize_field("signature", &self.signature())?;
        object.end()
    }
}

impl Serialize for Geopoint {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut object = out.serialize_struct("Geopoint", 4)?;
        object.serialize_field("latitude", &self.latitude)?;
        object.serialize_field("longitude", &self.longitude)?;
        object.serialize_field("altitude", &self.altitude())?;
        object.serialize_field("accuracy", &self.accuracy())?;
        object.end()
    }
}

impl Serialize for Polyline {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.points.serialize(out)
    }
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn lists_show_what_is_of_use_and_why_the_rest_is_not() {
        let list = FormList::read(
            "<xforms><xform><formID>a</formID><name>A</name><downloadUrl>u</downloadUrl></xform><xform/>\
             <xforms-group><groupID>g</groupID><name>G</name><listUrl>l</listUrl></xforms-group></xforms>",
        )
        .unwrap();
        let shown = to_value(&list).unwrap();
        assert_eq!(
            (&shown["forms"][0]["form_id"], &shown["forms"][0]["version"]),
            (&json!("a"), &json!(null))
        );
        assert_eq!((&shown["groups"][0]["list_url"], &shown["legacy_forms"]), (&json!("l"), &json!([])));
        assert_eq!(shown["of_no_use"], json!(["`xform` lacks `formID`, `name`, `downloadUrl`"]));
        let old = FormList::read("<forms><form url='u'>A</form></forms>").unwrap();
        assert_eq!(to_value(&old).unwrap()["legacy_forms"], json!([{"name": "A", "url": "u"}]));
    }

    #[test]
    fn files_show_their_paths_and_hashes_as_texts() {
        let manifest = Manifest::read(
            "<manifest><mediaFile><filename>a/b</filename><hash>900150983CD24FB0D6963F7D28E17F72</hash>\
             <downloadUrl>u</downloadUrl></mediaFile><mediaFile><filename>..</filename><downloadUrl>v</downloadUrl></mediaFile></manifest>",
        )
        .unwrap();
        let shown = to_value(&manifest).unwrap();
        let hash = json!("md5:900150983cd24fb0d6963f7d28e17f72");
        assert_eq!((&shown["files"][0]["path"], &shown["files"][0]["hash"]), (&json!("a/b"), &hash));
        assert_eq!(shown["of_no_use"], json!(["`..` has a part `..`"]));
        assert_eq!(to_value(serde_json::from_value::<FileHash>(hash.clone()).unwrap()).unwrap(), hash);
        assert!(serde_json::from_value::<FileHash>(json!("md5:")).is_err());
        assert!(serde_json::from_value::<RelativePath<'_>>(json!("../a")).is_err());
        assert_eq!(serde_json::from_value::<RelativePath<'_>>(json!("a")).unwrap().as_str(), "a");
    }

    #[test]
    fn what_a_server_hands_out_shows_what_is_in_it() {
        let page = IdChunk::of(["a"]).with_cursor("2");
        assert_eq!(to_value(&page).unwrap(), json!({"ids": ["a"], "resumption_cursor": "2"}));
        let answer = Integrity::of([("a", true)]);
        assert_eq!(to_value(&answer).unwrap(), json!({"entities": [{"id": "a", "deleted": true}]}));
        let submission = DownloadedSubmission::read(
            "<submission><data><v id='f' instanceID='i'/></data><mediaFile><filename>p</filename>\
             <downloadUrl>u</downloadUrl></mediaFile></submission>",
        )
        .unwrap();
        let shown = to_value(&submission).unwrap();
        assert_eq!(
            (&shown["metadata"]["instance_id"], &shown["instance"]["name"]),
            (&json!("i"), &json!("v"))
        );
        assert_eq!(shown["files"][0]["path"], json!("p"));
        let key = SubmissionKey::new("f", "data", "i");
        assert_eq!(to_value(&key).unwrap(), json!(key.to_string()));
    }

    #[test]
    fn an_encrypted_submission_and_a_place_show_their_parts() {
        let sent =
            EncryptedSubmission::new("f", "KEY", "i").with_media_file("a.enc").with_form("s.enc", "SIGN");
        let shown = json!({
            "form_id": "f", "version": null, "encrypted_key": "KEY", "instance_id": "i", "media_files": ["a.enc"],
            "form_file": "s.enc", "signature": "SIGN",
        });
        assert_eq!(to_value(&sent).unwrap(), shown);
        let line: Polyline = "1 2; 3 4 5 6".parse().unwrap();
        let points = json!([
            {"latitude": 1.0, "longitude": 2.0, "altitude": null, "accuracy": null},
            {"latitude": 3.0, "longitude": 4.0, "altitude": 5.0, "accuracy": 6.0},
        ]);
        assert_eq!(to_value(&line).unwrap(), points);
    }
}
