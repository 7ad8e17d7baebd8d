//! Generators of the entries of lists and manifests, and of places.

use openrosa_xml::{
    FileHash, Geopoint,
    form_list::{FormGroup, ListedForm},
    manifest::{MediaFile, RelativePath},
    xml::{Element, Name},
};
use proptest::{collection::vec, option::of, prelude::*, sample::select};

/// A text that is not blank and has no white space around it: what a part of an entry can be.
pub fn filled() -> impl Strategy<Value = String> {
    super::trimmed_text().prop_filter("a part of an entry is not blank", |text| !text.is_empty())
}

fn hash() -> impl Strategy<Value = FileHash> {
    any::<[u8; 16]>().prop_map(FileHash::from_md5)
}

/// A form, with everything that it may have or lack.
pub fn listed_form() -> impl Strategy<Value = ListedForm<'static>> {
    let required = (filled(), filled(), hash(), filled());
    let optional = (of(filled()), of(filled()), of(filled()), of(filled()), any::<bool>());
    (required, optional).prop_map(|((id, name, hash, url), (version, manifest, text, address, hashed))| {
        let mut form = ListedForm::new(id, name, hash, url);
        form.version = version.map(Into::into);
        form.manifest_url = manifest.map(Into::into);
        form.description_text = text.map(Into::into);
        form.description_url = address.map(Into::into);
        form.hash = form.hash.filter(|_| hashed);
        form
    })
}

/// A group of forms.
pub fn form_group() -> impl Strategy<Value = FormGroup<'static>> {
    (filled(), filled(), filled(), of(filled()), of(filled())).prop_map(|(id, name, url, text, address)| {
        let mut group = FormGroup::new(id, name, url);
        group.description_text = text.map(Into::into);
        group.description_url = address.map(Into::into);
        group
    })
}

/// A path of one to three parts.
pub fn relative_path() -> impl Strategy<Value = RelativePath<'static>> {
    let part = filled().prop_map(|part| part.replace(['/', '\\', ':'], "-"));
    let paths = vec(part, 1..4).prop_map(|parts| RelativePath::new(parts.join("/")));
    paths.prop_filter_map("parts such as `..` lead out of the folder", Result::ok)
}

/// A media file, or a list of entities.
pub fn media_file() -> impl Strategy<Value = MediaFile<'static>> {
    let kind = of(select(vec!["entityList", "approvalEntityList", "", "other"]));
    (relative_path(), hash(), filled(), kind, of(filled())).prop_map(|(path, hash, url, kind, integrity)| {
        let mut file = MediaFile::new(path, hash, url);
        file.kind = kind.map(Into::into);
        file.integrity_url = integrity.map(Into::into);
        file
    })
}

/// A place of two, three or four numbers, on earth or not.
pub fn geopoint() -> impl Strategy<Value = Geopoint> {
    let number = || any::<f64>().prop_filter("a number is finite", |number| number.is_finite());
    (number(), number(), of(number()), of(number())).prop_map(|(latitude, longitude, altitude, accuracy)| {
        let place = Geopoint::new(latitude, longitude);
        let place = altitude.map_or(place, |meters| place.with_altitude(meters));
        accuracy.map_or(place, |meters| place.with_accuracy(meters))
    })
}

/// A document put together from the words of lists and manifests without regard to any order or number.
pub fn odd_document() -> impl Strategy<Value = Element<'static>> {
    let roots = vec!["xforms", "forms", "manifest", "submission", "idChunk", "data"];
    let entries = vec!["xform", "xforms-group", "form", "mediaFile", "idList", "entities", "media", "data"];
    let parts = vec![
        "formID",
        "name",
        "version",
        "hash",
        "downloadUrl",
        "groupID",
        "listUrl",
        "filename",
        "fileName",
        "id",
        "file",
        "entity",
        "deleted",
    ];
    let part =
        named(parts).prop_flat_map(|part| super::text().prop_map(move |text| part.clone().with_text(text)));
    let entry = (named(entries), vec(part, 0..6)).prop_map(with_children);
    (named(roots), vec(entry, 0..4)).prop_map(with_children)
}

fn named(locals: Vec<&'static str>) -> impl Strategy<Value = Element<'static>> {
    let namespaces = select(vec!["", "urn:a", "http://openrosa.org/xforms/xformsList"]);
    let attributes = vec((select(vec!["url", "type", "id"]), super::text()), 0..2);
    (namespaces, select(locals), attributes).prop_map(|(namespace, local, attributes)| {
        let element = Element::new(Name::in_namespace(namespace, local));
        let mut attributes = attributes;
        attributes.dedup_by_key(|(name, _)| *name);
        attributes.into_iter().fold(element, |element, (name, value)| element.with_attribute(name, value))
    })
}

fn with_children((element, children): (Element<'static>, Vec<Element<'static>>)) -> Element<'static> {
    children.into_iter().fold(element, Element::with_child)
}
