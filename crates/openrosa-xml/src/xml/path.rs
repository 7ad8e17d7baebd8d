//! Where an element stands, counted the way people and XPath do.

use std::collections::HashMap;

use crate::{
    error::ReadError,
    xml::reader::{Event, Reader},
};

/// The paths of the elements whose `<` stands at these offsets, such as `/data[1]/child[3]/case[1]`: local names, each
/// with its number among the siblings of that local name. Offsets must ascend; one at which no element starts gives `None`.
///
/// Reading keeps offsets, not paths, because hardly any reader needs them; this reads the document once more.
///
/// ```
/// # use openrosa_xml::xml::paths;
/// assert_eq!(paths("<a><b/><c/><b/></a>", &[3, 11])?, [Some("/a[1]/b[1]".into()), Some("/a[1]/b[2]".into())]);
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
pub fn paths(source: &str, offsets: &[u64]) -> Result<Vec<Option<String>>, ReadError> {
    let mut found = vec![None; offsets.len()];
    let mut reader = Reader::new(source);
    let mut path = String::new();
    // For each open element: where its own path ends, and how many children of each name it had.
    let mut open: Vec<(usize, HashMap<String, u32>)> = vec![(0, HashMap::new())];
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(start) => {
                let (_, siblings) = open.last_mut().expect("the document itself is never closed");
                let number = siblings.entry(start.name.local_name().to_owned()).or_default();
                *number += 1;
                path.push_str(&format!("/{}[{number}]", start.name.local_name()));
                open.push((path.len(), HashMap::new()));
                if let Ok(at) = offsets.binary_search(&start.offset) {
                    found[at] = Some(path.clone());
                }
            }
            Event::End => {
                open.pop();
                path.truncate(open.last().map_or(0, |(end, _)| *end));
            }
            Event::Text(_) => {}
        }
    }
    Ok(found)
}
