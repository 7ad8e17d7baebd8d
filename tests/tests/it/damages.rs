//! Documents damaged in one place at a time, and whether that is found where it was done.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_xml::{
    Span,
    check::{Finding, Severity},
    xml::{Attribute, Element, Name, Node},
};

/// One way to damage an element or one of its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Damage {
    AttributeDropped,
    AttributeEmptied,
    AttributeRenamed,
    AttributeDoubled,
    AttributeMovedToAChild,
    AttributePadded,
    AttributeEnlarged,
    AttributeNamespaced,
    AttributeNonsense,
    AttributeAdded,
    Emptied,
    Blanked,
    Misspelt,
    Capitalized,
    Doubled,
    DoubledElsewhere,
    Dropped,
    Wrapped,
    Swapped,
    NamespaceChanged,
    NamespaceTakenAway,
    TextEnlarged,
    TextPadded,
    TextAdded,
    TextNonsense,
    ElementAdded,
}

use Damage::*;

const OF_ATTRIBUTES: [Damage; 9] = [
    AttributeDropped,
    AttributeEmptied,
    AttributeRenamed,
    AttributeDoubled,
    AttributeMovedToAChild,
    AttributePadded,
    AttributeEnlarged,
    AttributeNamespaced,
    AttributeNonsense,
];

const OF_ELEMENTS: [Damage; 17] = [
    AttributeAdded,
    Emptied,
    Blanked,
    Misspelt,
    Capitalized,
    Doubled,
    DoubledElsewhere,
    Dropped,
    Wrapped,
    Swapped,
    NamespaceChanged,
    NamespaceTakenAway,
    TextEnlarged,
    TextPadded,
    TextAdded,
    TextNonsense,
    ElementAdded,
];

/// The children to go through from the root.
pub(crate) type Path = Vec<usize>;

pub(crate) fn at<'e, 'a>(root: &'e Element<'a>, path: &[usize]) -> Option<&'e Element<'a>> {
    path.iter().try_fold(root, |element, &index| element.elements().nth(index))
}

/// The tree with one element replaced by several, or by none.
fn replaced(
    element: &Element<'static>,
    path: &[usize],
    with: &dyn Fn(&Element<'static>) -> Vec<Element<'static>>,
) -> Element<'static> {
    let [first, rest @ ..] = path else { panic!("the root stays") };
    let mut copy = Element::new(element.name.clone());
    copy.attributes.clone_from(&element.attributes);
    let mut index = 0;
    for node in element.children() {
        match node {
            Node::Element(child) => {
                let new = match (index == *first, rest) {
                    (false, _) => vec![child.clone()],
                    (true, []) => with(child),
                    (true, rest) => vec![replaced(child, rest, with)],
                };
                new.into_iter().for_each(|child| copy.push(Node::Element(child)));
                index += 1;
            }
            Node::Text(text) => copy.push(Node::Text(text.clone())),
        }
    }
    copy
}

fn with_children(element: &Element<'static>, nodes: Vec<Node<'static>>) -> Element<'static> {
    let mut copy = Element::new(element.name.clone());
    copy.attributes.clone_from(&element.attributes);
    nodes.into_iter().for_each(|node| copy.push(node));
    copy
}

fn renamed(element: &Element<'static>, name: Name<'static>) -> Element<'static> {
    let mut copy = with_children(element, element.children().to_vec());
    copy.name = name;
    copy
}

fn beside(name: &Name<'static>, local: &str) -> Name<'static> {
    let local = local.to_owned();
    name.namespace()
        .map_or_else(|| Name::local(local.clone()), |uri| Name::in_namespace(uri.to_owned(), local.clone()))
}

fn text_of(element: &Element<'_>) -> String {
    element.text().into_owned()
}

/// The damaged element, or what stands in its place; nothing where the damage makes no sense.
fn damaged(element: &Element<'static>, damage: Damage) -> Option<Vec<Element<'static>>> {
    let is_leaf = element.elements().next().is_none();
    let has_text = is_leaf && !text_of(element).trim().is_empty();
    let local = element.name.local_name();
    let leaf = |text: String| vec![with_children(element, vec![Node::Text(text.into())])];
    let new = match damage {
        AttributeAdded => vec![element.clone().with_attribute("x", "1")],
        Emptied if !element.children().is_empty() => vec![with_children(element, Vec::new())],
        Blanked if !element.children().is_empty() => leaf("\n  ".to_owned()),
        Misspelt => vec![renamed(element, beside(&element.name, &format!("{local}x")))],
        Capitalized => {
            let (first, rest) = local.split_at(1);
            vec![renamed(element, beside(&element.name, &(first.to_uppercase() + rest)))]
        }
        Doubled => vec![element.clone(), element.clone()],
        Dropped => Vec::new(),
        Wrapped => vec![Element::new(beside(&element.name, "wrapper")).with_child(element.clone())],
        NamespaceChanged => vec![renamed(element, Name::in_namespace("urn:other", local.to_owned()))],
        NamespaceTakenAway => vec![renamed(element, Name::local(local.to_owned()))],
        TextEnlarged if has_text => leaf("x".repeat(70_000)),
        TextPadded if has_text => leaf(format!(" {} ", text_of(element))),
        TextNonsense if has_text => leaf("nonsense".to_owned()),
        TextAdded if !has_text => vec![element.clone().with_text("loose")],
        ElementAdded
            if local != "case" && !(is_leaf && !has_text && local != "close") || local == "close" =>
        {
            vec![element.clone().with_child(Element::new(beside(&element.name, "stray")).with_text("x"))]
        }
        _ => return None,
    };
    Some(new)
}

fn with_attribute_damaged(
    element: &Element<'static>,
    index: usize,
    damage: Damage,
) -> Option<Element<'static>> {
    let mut copy = element.clone();
    let attribute = copy.attributes.get_mut(index)?;
    let name = attribute.name.local_name().to_owned();
    match damage {
        AttributeDropped => drop(copy.attributes.remove(index)),
        AttributeEmptied => attribute.value = "".into(),
        AttributeRenamed => attribute.name = Name::local(format!("{name}x")),
        AttributePadded => attribute.value = format!(" {}", attribute.value).into(),
        AttributeEnlarged => attribute.value = attribute.value.repeat(300).into(),
        AttributeNamespaced => attribute.name = Name::in_namespace("urn:other", name),
        AttributeNonsense => attribute.value = "nonsense".into(),
        AttributeMovedToAChild => {
            let Attribute { value, .. } = copy.attributes.remove(index);
            copy = copy.clone().with_child(Element::new(beside(&copy.name, &name)).with_text(value));
        }
        _ => return None,
    }
    Some(copy)
}

fn counts(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    findings.iter().fold(BTreeMap::new(), |mut counts, finding| {
        *counts.entry(finding.code()).or_default() += 1;
        counts
    })
}

/// What is to be said of damages that nobody can find, or nobody minds: what, where, and why.
pub(crate) type Harmless = [(&'static [Damage], &'static [&'static str], &'static str)];

/// How documents of a kind are checked, and what is known of them.
pub(crate) struct Trial<'t> {
    pub(crate) check: &'t dyn Fn(&str) -> Vec<Finding>,
    /// Every element that is to be damaged, with the path to it and its place in words that the table knows.
    pub(crate) places: &'t dyn Fn(&Element<'static>) -> Vec<(Path, String)>,
    pub(crate) harmless: &'t Harmless,
    /// By which words the rest of the document may speak of an element, given the path to it: what points there shows the damage.
    pub(crate) names: &'t dyn Fn(&Element<'static>, &[usize]) -> BTreeSet<String>,
}

/// Documents in which nothing points to anything.
pub(crate) fn no_names(_: &Element<'static>, _: &[usize]) -> BTreeSet<String> {
    BTreeSet::new()
}

impl Trial<'_> {
    /// Does each damage to each sample, of which nobody thinks ill before. Returns how many there were.
    pub(crate) fn run(&self, samples: Vec<(&str, Element<'static>)>) -> usize {
        let (mut silent, mut missed) = (BTreeSet::new(), Vec::new());
        let mut tried = 0;
        for (name, root) in samples {
            let before = (self.check)(&root.write().expect("any tree can be written"));
            assert!(before.iter().all(|finding| finding.severity < Severity::Warning), "{name}: {before:?}");
            let before = counts(&before);
            for (path, place) in (self.places)(&root) {
                let names = (self.names)(&root, &path);
                for (damage, place, damaged, size) in damages(&root, &path, &place) {
                    tried += 1;
                    if is_found(&damaged, (self.check)(&damaged), &before, &path, size, &names) {
                        continue;
                    }
                    silent.insert((damage, place.clone()));
                    if !self.is_harmless(damage, &place) {
                        let shown: String = damaged.chars().take(2500).collect();
                        missed.push(format!("{name}: {damage:?} at {place}\n{shown}"));
                    }
                }
            }
        }
        let kinds: BTreeSet<_> =
            missed.iter().filter_map(|missed| missed.split_once(": ")?.1.lines().next()).collect();
        assert!(missed.is_empty(), "{kinds:#?}\n{}", missed.join("\n\n"));
        let listed = self.harmless.iter().flat_map(|(damages, places, _)| {
            damages.iter().flat_map(|damage| places.iter().map(move |place| (*damage, (*place).to_owned())))
        });
        let stale: Vec<_> = listed.filter(|listed| !silent.contains(listed)).collect();
        assert!(stale.is_empty(), "found after all: {stale:#?}");
        tried
    }

    fn is_harmless(&self, damage: Damage, place: &str) -> bool {
        self.harmless.iter().any(|(damages, places, _)| damages.contains(&damage) && places.contains(&place))
    }
}

/// Whether a damaged document has a finding that it had not before, in what was damaged or at the element around it, or one
/// that is related to a place there; or at an element that points to what was damaged, where a person must look too.
fn is_found(
    damaged: &str,
    findings: Vec<Finding>,
    before: &BTreeMap<&str, usize>,
    path: &[usize],
    size: usize,
    names: &BTreeSet<String>,
) -> bool {
    let now = counts(&findings);
    let is_new =
        |finding: &&Finding| now[finding.code()] > before.get(finding.code()).copied().unwrap_or_default();
    let mut new = findings.iter().filter(is_new).peekable();
    let Ok(root) = Element::read(damaged) else { return new.peek().is_some() };
    let (last, around) = path.split_last().expect("the root stays");
    let parent = at(&root, around).expect("the element around stays");
    // Where something was dropped, what stands in its place now tells of it.
    let region: Vec<Span> =
        parent.elements().skip(*last).take(size.max(1)).filter_map(|element| element.mark.span()).collect();
    let tag = parent.mark.span().expect("it was read");
    let first = parent.elements().next().and_then(|element| element.mark.span());
    // With nothing left inside, the whole element around is its start tag.
    let tag = Span { start: tag.start, end: first.map_or(tag.end, |first| first.start) };
    new.any(|finding| {
        let places = finding.related.iter().map(|related| related.place).chain([finding.place]);
        places.map(|place| place.span()).any(|place| {
            let is_in = |span: &Span| span.start <= place.start && place.end <= span.end;
            is_in(&tag) || region.iter().any(is_in)
        }) || points_to(innermost(&root, finding.place.span()), names)
    })
}

/// The innermost element around a place.
fn innermost<'e, 'a>(root: &'e Element<'a>, place: Span) -> &'e Element<'a> {
    let mut element = root;
    let is_around = |span: Span| span.start <= place.start && place.end <= span.end;
    while let Some(child) = element.elements().find(|child| child.mark.span().is_some_and(is_around)) {
        element = child;
    }
    element
}

/// Whether an attribute of the element has one of these words.
fn points_to(element: &Element<'_>, names: &BTreeSet<String>) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut words = element.attributes.iter().flat_map(|given| given.value.split(|c| !is_part(c)));
    words.any(|word| names.contains(word))
}

/// A damage, its place, the damaged document, and how many elements stand where the damaged one stood.
type Done = (Damage, String, String, usize);

fn damages(root: &Element<'static>, path: &[usize], place: &str) -> Vec<Done> {
    let element = at(root, path).expect("the path leads there");
    let mut done = Vec::new();
    for damage in OF_ELEMENTS {
        if let Some(new) = damaged(element, damage) {
            let size = new.len();
            let document = replaced(root, path, &|_| new.clone()).write();
            done.push((damage, place.to_owned(), document.expect("any tree can be written"), size));
        }
    }
    done.extend(
        doubled_elsewhere(root, path)
            .map(|document| (DoubledElsewhere, place.to_owned(), document, usize::MAX)),
    );
    done.extend(swapped(root, path).map(|document| (Swapped, place.to_owned(), document, 2)));
    for (index, attribute) in element.attributes.iter().enumerate() {
        let place = format!("{place}@{}", attribute.name.local_name());
        for damage in OF_ATTRIBUTES {
            let document = match damage {
                AttributeDoubled => doubled_attribute(root, path, attribute),
                _ => with_attribute_damaged(element, index, damage).map(|new| {
                    replaced(root, path, &|_| vec![new.clone()]).write().expect("any tree can be written")
                }),
            };
            done.extend(document.map(|document| (damage, place.clone(), document, 1)));
        }
    }
    done
}

/// The same element once more, behind its siblings.
fn doubled_elsewhere(root: &Element<'static>, path: &[usize]) -> Option<String> {
    let (&last, around) = path.split_last()?;
    let parent = at(root, around)?;
    let is_apart = !around.is_empty() && last + 1 < parent.elements().count();
    let copy = parent.elements().nth(last)?.clone();
    is_apart.then(|| {
        replaced(root, around, &|parent| vec![parent.clone().with_child(copy.clone())]).write().ok()
    })?
}

/// The element and the sibling behind it in each other's place.
fn swapped(root: &Element<'static>, path: &[usize]) -> Option<String> {
    let (&last, around) = path.split_last().filter(|(_, around)| !around.is_empty())?;
    let mut children: Vec<_> = at(root, around)?.elements().cloned().collect();
    if last + 1 >= children.len() {
        return None;
    }
    children.swap(last, last + 1);
    let nodes: Vec<_> = children.into_iter().map(Node::Element).collect();
    replaced(root, around, &|parent| vec![with_children(parent, nodes.clone())]).write().ok()
}

/// No writer writes an attribute twice, so that this is done to the text.
fn doubled_attribute(root: &Element<'static>, path: &[usize], attribute: &Attribute<'_>) -> Option<String> {
    let written = root.write().ok()?;
    let read = Element::read(&written).ok()?;
    let span = at(&read, path)?.mark.span()?;
    let start = usize::try_from(span.start).ok()?;
    let end = start + written[start..].find([' ', '>', '/'])?;
    let again = format!(" {}=\"again\"", attribute.name.local_name());
    Some([&written[..end], &again, &written[end..]].concat())
}
