//! Why an object stays bound to its place.

/// The reason why an object can't be made for another folder. The object itself may be perfectly good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Bound {
    /// The file is no relocatable ELF file, is damaged, or has something that this crate does not know.
    #[error("the format is not understood: {0}")]
    Format(&'static str),
    /// The sections do not lie in the file as GNU as and LLVM lay them out.
    #[error("the sections are laid out in an unknown way")]
    Layout,
    /// A section is compressed, so paths in it can't be seen.
    #[error("section {0} is compressed")]
    Compressed(String),
    /// The object holds code for link-time optimization.
    #[error("section {0} holds code for link-time optimization")]
    Lto(String),
    /// The debug information is in another file too, whose identifier depends on the folder.
    #[error("the debug information is split into a second file")]
    Split,
    /// A section or symbol may have been named or numbered by a hash of a path.
    #[error("{0} may depend on a hash of the path")]
    Hashed(String),
    /// A role's path stands elsewhere than at the beginning of a debug string.
    #[error(
        "the path of {role} stands in section {section}, outside of the debug strings that hold only paths"
    )]
    Outside {
        /// The name of the role.
        role: String,
        /// The section.
        section: String,
    },
    /// A role's path, or a piece of it, seems to stand in machine code.
    #[error("section {section} may hold a piece of the path of {role}")]
    Pieces {
        /// The name of the role.
        role: String,
        /// The section.
        section: String,
    },
    /// The debug information has the length of a string that may have been a path, but not the string.
    #[error("the debug information tells the length of a string in {0} that may have been its path")]
    Length(String),
    /// The object was not made by a compiler whose order of strings is known.
    #[error("the compiler is unknown: {0}")]
    Compiler(String),
    /// The order of strings in this section is not the one that the model of the compiler gives, or can't be predicted.
    #[error("the order of strings in section {0} can't be predicted")]
    Order(&'static str),
    /// The compiler wrote a path relative to a folder that two paths have in common, and would not do the same, or not
    /// with the same folder, in the other place.
    #[error("the compiler splits {0} at a folder that depends on the place")]
    Common(String),
    /// Strings that differ here would be equal there, or a string there would belong to another role.
    #[error("paths that differ in one place are equal in the other")]
    Equal,
    /// The roles are not inside one another as they were.
    #[error("the folders lie inside one another in another way: {0}")]
    Nesting(String),
    /// The roles themselves can't be used.
    #[error("these folders can't be roles: {0}")]
    Roles(&'static str),
    /// A role that the canonical form needs is not given.
    #[error("no folder is given for {0}")]
    Missing(String),
}

/// Names a section or symbol for a message.
pub(crate) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
