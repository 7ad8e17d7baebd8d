//! Files for no one but the user of this process: names of patients are nobody else's business.

#[cfg(feature = "server")]
use std::fs::DirBuilder;
use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Makes the file, if it is not there.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Makes the folder, and those above it, if it is not there.
#[cfg(feature = "server")]
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// Keeps others out of a folder that is there. A group that may write there is let in on purpose.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn close_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = std::fs::metadata(path)?.permissions();
    let mode = permissions.mode();
    let tight = if mode & 0o020 == 0 { mode & !0o077 } else { mode & !0o007 };
    if tight == mode {
        return Ok(());
    }
    permissions.set_mode(tight);
    std::fs::set_permissions(path, permissions)
}

/// Elsewhere that is the affair of the folder above.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn close_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Lets those at a file who may be at another, as far as the system allows; root makes files for whoever has the other one. Where
/// not even the group can be theirs, it stays as it was made.
#[cfg(unix)]
pub(crate) fn like(file: &File, other: &Path) {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let Ok(other) = std::fs::metadata(other) else { return };
    let given = fchown(file, Some(other.uid()), Some(other.gid()));
    if given.or_else(|_| fchown(file, None, Some(other.gid()))).is_ok() {
        let _ = file.set_permissions(std::fs::Permissions::from_mode(other.mode() & 0o666));
    }
}

/// Elsewhere that is the affair of the folder above.
#[cfg(not(unix))]
pub(crate) fn like(_: &File, _: &Path) {}

/// Makes the file, which must not be there.
#[cfg(feature = "server")]
pub(crate) fn create_new(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
