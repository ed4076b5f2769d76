//! Where in a configuration or a state something is.

use std::fmt;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// An object's attribute.
    Attribute(String),
    /// A map's element.
    Key(String),
    /// A list's or tuple's element, from 0. Elements of sets cannot be addressed: stop at the set.
    Index(i64),
}

/// The steps from the root of a resource, data source or provider block; the root has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The block itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// An attribute of the block.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self::root().join(Step::Attribute(name.into()))
    }

    /// One step further.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// An attribute of the object at this path.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        self.join(Step::Attribute(name.to_owned()))
    }

    /// An element of the list at this path.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// The same place seen from one step further out.
    #[must_use]
    pub fn within(mut self, outer: Step) -> Self {
        self.0.insert(0, outer);
        self
    }

    /// A message about this place: led by the path, or bare when it is about the whole block.
    #[must_use]
    pub fn label(&self, message: &str) -> String {
        if self.is_root() {
            message.to_owned()
        } else {
            format!("{self}: {message}")
        }
    }

    /// The steps, outermost first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the block itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(formatter, "{name}")?,
                Step::Attribute(name) => write!(formatter, ".{name}")?,
                Step::Key(key) => write!(formatter, "[{key:?}]")?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_reads_as_the_configuration_addresses_it() {
        let path = Path::attribute("rules")
            .index(2)
            .child("tags")
            .join(Step::Key("a \"b\"".to_owned()));
        assert_eq!(path.to_string(), r#"rules[2].tags["a \"b\""]"#);
        assert_eq!(path.steps().len(), 4);
    }

    #[test]
    fn message_about_the_whole_block_stands_alone() {
        assert!(Path::root().is_root());
        assert_eq!(Path::root().label("a bool expected"), "a bool expected");
        assert_eq!(
            Path::attribute("on").label("a bool expected"),
            "on: a bool expected"
        );
    }

    #[test]
    fn place_seen_from_further_out_keeps_its_inner_steps() {
        let path = Path::attribute("name")
            .within(Step::Index(0))
            .within(Step::Attribute("people".to_owned()));
        assert_eq!(path, Path::attribute("people").index(0).child("name"));
    }
}
