//! The elements and attributes of a blank form, by name.

use crate::{ns, xml::Element};

/// Elements of XForms, and of JavaRosa's texts, all in the namespace of XForms.
#[rustfmt::skip]
const XFORMS: [&str; 56] = [
    "action", "alert", "bind", "case", "choices", "copy", "delete", "dispatch", "extension", "filename", "group", "header", "help",
    "hint", "input", "insert", "instance", "item", "itemset", "itext", "label", "load", "mediatype", "message", "method", "model",
    "name", "output", "range", "rank", "rebuild", "recalculate", "refresh", "repeat", "reset", "resource", "revalidate", "secret",
    "select", "select1", "send", "setfocus", "setindex", "setvalue", "submission", "submit", "switch", "tag", "text", "textarea",
    "toggle", "translation", "trigger", "upload", "value", "var",
];

/// Elements of XHTML around them.
const AROUND: [&str; 4] = ["html", "head", "title", "body"];

/// What else of XHTML stands in a head.
const IN_HEAD: [&str; 5] = ["base", "link", "meta", "script", "style"];

/// Every name that an element of a form may have been meant to have.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    XFORMS.into_iter().chain(AROUND)
}

fn is_known(local: &str) -> bool {
    XFORMS.contains(&local) || AROUND.contains(&local)
}

/// Actions that have a rule of their own for their namespace.
fn is_odk(local: &str) -> bool {
    matches!(local, "setgeopoint" | "recordaudio" | "pollsensor" | "intent")
}

/// Whether it should be an element of XForms, or of XHTML around them, and is none. What is inside something unknown, or in
/// another namespace, is somebody else's.
pub(super) fn is_unknown(element: &Element<'_>, parent: &Element<'_>) -> bool {
    let local = element.name.local_name();
    let is_ours = match element.name.namespace() {
        None | Some(ns::XFORMS) => true,
        Some(ns::XHTML) => matches!(parent.name.local_name(), "html" | "head") && !IN_HEAD.contains(&local),
        Some(_) => false,
    };
    is_ours && is_known(parent.name.local_name()) && !is_known(local) && !is_odk(local)
}

/// The namespace in which the element should be, where it is in another one.
pub(super) fn namespace_missed(element: &Element<'_>, parent: &Element<'_>) -> Option<&'static str> {
    let (local, around) = (element.name.local_name(), parent.name.local_name());
    let is_text = matches!(around, "alert" | "help" | "hint" | "label" | "value") && local != "output";
    let namespace = match local {
        "rank" => return None,
        _ if is_text || !is_known(around) => return None,
        "head" | "body" => ns::XHTML,
        "title" if around == "head" => ns::XHTML,
        _ if XFORMS.contains(&local) => ns::XFORMS,
        _ => return None,
    };
    (element.name.namespace() != Some(namespace)).then_some(namespace)
}

/// An attribute by its local name and namespace.
type Attribute = (&'static str, Option<&'static str>);

const JR: Option<&str> = Some(ns::JAVAROSA);

const REFERENCE: &[Attribute] = &[("ref", None), ("bind", None), ("appearance", None)];

/// The attributes that clients look for in an element.
#[rustfmt::skip]
pub(super) fn attributes(element: &str) -> &'static [Attribute] {
    match element {
        "bind" => &[
            ("nodeset", None), ("type", None), ("required", None), ("readonly", None), ("relevant", None), ("constraint", None),
            ("calculate", None), ("preload", JR), ("preloadParams", JR), ("constraintMsg", JR), ("requiredMsg", JR),
        ],
        "input" | "secret" | "textarea" | "select" | "select1" | "rank" | "trigger" => REFERENCE,
        "range" => &[("ref", None), ("bind", None), ("appearance", None), ("start", None), ("end", None), ("step", None)],
        "upload" => &[("ref", None), ("bind", None), ("appearance", None), ("mediatype", None)],
        "group" => &[("ref", None), ("nodeset", None), ("bind", None), ("appearance", None)],
        "repeat" => &[
            ("nodeset", None), ("bind", None), ("appearance", None), ("count", JR), ("noAddRemove", JR),
        ],
        "itemset" => &[("nodeset", None)],
        "label" | "hint" | "help" | "alert" | "copy" => &[("ref", None)],
        "value" => &[("ref", None), ("form", None)],
        "output" => &[("value", None), ("ref", None)],
        "translation" => &[("lang", None), ("default", None)],
        "text" => &[("id", None)],
        "instance" => &[("id", None), ("src", None)],
        "setvalue" => &[("ref", None), ("bind", None), ("value", None)],
        "submission" => &[("action", None), ("method", None), ("base64RsaPublicKey", None)],
        _ => &[],
    }
}
