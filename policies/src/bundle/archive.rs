//! The archive of a bundle: a gzip stream over a tar of regular files, as OPA writes it.
//!
//! Invariant: what comes out is at most [`UNPACKED_BYTES_MAX`] in at most [`FILES_MAX`] regular files, each
//! once, under relative names that lead nowhere else; nothing stands behind or between them. Nothing
//! is ever written to a disk. Equal files are packed into equal bytes.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, Entry, EntryType, Header};

use crate::error::{BundleError, Fault};
use crate::tree;

/// No bundle is larger. The default policies take 200 KB.
pub(super) const PACKED_BYTES_MAX: usize = 32 << 20;
/// No bundle is larger once unpacked, so that a small one cannot fill the memory.
const UNPACKED_BYTES_MAX: usize = 64 << 20;
/// The policy's files, and the four of the bundle itself.
const FILES_MAX: usize = tree::FILES_MAX + 4;
/// What the name fields of a tar header hold (POSIX.1-1988, ustar).
const NAME_BYTES_MAX: usize = 100;
const PREFIX_BYTES_MAX: usize = 155;
const BLOCK: usize = 512;

/// Relative name, with `/`, to content.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Packs files in the order of their names, without times and owners.
pub(super) fn pack(files: &Files) -> Result<Vec<u8>, BundleError> {
    let failed = |error: std::io::Error| form(&format!("it cannot be packed: {error}"));
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut tar = Builder::new(gzip);
    for (name, content) in files {
        check_name(name)?;
        tar.append(&header(name, content)?, content.as_slice()).map_err(failed)?;
    }
    let mut gzip = tar.into_inner().map_err(failed)?;
    gzip.flush().map_err(failed)?;
    let packed = gzip.finish().map_err(failed)?;
    // What could not be read again is not written.
    unpack(&packed)?;
    Ok(packed)
}

/// Unpacks an archive from anybody: nothing in it has been verified yet.
pub(super) fn unpack(packed: &[u8]) -> Result<Files, BundleError> {
    if packed.len() > PACKED_BYTES_MAX {
        return Err(oversized(format!("the bundle is larger than {PACKED_BYTES_MAX} bytes")));
    }
    let bytes = inflate(packed)?;
    let mut files = Files::new();
    let mut end = 0;
    let mut archive = Archive::new(bytes.as_slice());
    // Raw: an extended header would give the next entry another name than the one that stands there.
    let entries = archive.entries().map_err(|_| form("it is no tar archive"))?.raw(true);
    for entry in entries {
        let entry = entry.map_err(|_| form("its tar archive is damaged or cut short"))?;
        let name = name(&entry)?;
        let (content, after) = content(&entry, &bytes)?;
        end = after;
        if files.len() == FILES_MAX {
            return Err(oversized(format!("the bundle has more than {FILES_MAX} files")));
        }
        if files.insert(name.clone(), content.to_vec()).is_some() {
            return Err(form(&format!("the file {name} stands in it twice")));
        }
    }
    let rest = bytes.get(end..).unwrap_or_default();
    if rest.len() < 2 * BLOCK || rest.iter().any(|byte| *byte != 0) {
        return Err(form("its tar archive does not end as archives do"));
    }
    Ok(files)
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    let mut decoder = GzDecoder::new(packed);
    let limit = UNPACKED_BYTES_MAX as u64 + 1;
    let read = decoder.by_ref().take(limit).read_to_end(&mut bytes);
    read.map_err(|_| form("it is no gzip stream, or is damaged or cut short"))?;
    if bytes.len() > UNPACKED_BYTES_MAX {
        return Err(oversized(format!("the bundle unpacks to more than {UNPACKED_BYTES_MAX} bytes")));
    }
    // OPA would read a second stream as more of the archive, and another tool would not.
    if !decoder.into_inner().is_empty() {
        return Err(form("something follows its gzip stream"));
    }
    Ok(bytes)
}

/// The name of a regular file. OPA writes a leading slash and takes it off again; so do we.
fn name(entry: &Entry<'_, &[u8]>) -> Result<String, BundleError> {
    if entry.header().entry_type() != EntryType::Regular {
        return Err(form("it holds something that is not a regular file"));
    }
    let path = entry.path_bytes();
    let path = path.strip_prefix(b"/").unwrap_or(&path);
    let name = std::str::from_utf8(path).map_err(|_| form("a name in it is not UTF-8"))?;
    check_name(name)?;
    Ok(name.to_owned())
}

fn check_name(name: &str) -> Result<(), BundleError> {
    let leads_on = |part: &str| !matches!(part, "" | "." | "..");
    let plain = |character: char| !character.is_control() && character != '\\';
    match name.split('/').all(leads_on) && name.chars().all(plain) {
        true => Ok(()),
        false => Err(form("a name in it is not a plain relative path")),
    }
}

/// The content of an entry, and where the next one begins.
fn content<'a>(entry: &Entry<'_, &[u8]>, bytes: &'a [u8]) -> Result<(&'a [u8], usize), BundleError> {
    let place = || {
        let start = usize::try_from(entry.raw_file_position()).ok()?;
        let end = start.checked_add(usize::try_from(entry.header().entry_size().ok()?).ok()?)?;
        let next = end.checked_next_multiple_of(BLOCK)?;
        let padding = bytes.get(end..next)?;
        let content = bytes.get(start..end)?;
        padding.iter().all(|byte| *byte == 0).then_some((content, next))
    };
    place().ok_or_else(|| form("its tar archive is damaged or cut short"))
}

fn header(name: &str, content: &[u8]) -> Result<Header, BundleError> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(content.len() as u64);
    header.set_mtime(0);
    let path = format!("/{name}");
    let (prefix, last) = split(&path).ok_or_else(|| form(&format!("the name {name} is too long")))?;
    if let Some(fields) = header.as_ustar_mut() {
        fields.prefix.iter_mut().zip(prefix.bytes()).for_each(|(to, from)| *to = from);
        fields.name.iter_mut().zip(last.bytes()).for_each(|(to, from)| *to = from);
    }
    header.set_cksum();
    Ok(header)
}

/// A path in the two fields of a header, split at a slash that stands in neither.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME_BYTES_MAX {
        return Some(("", path));
    }
    path.match_indices('/').map(|(at, _)| path.split_at(at)).find_map(|(prefix, rest)| {
        let last = rest.strip_prefix('/')?;
        let fits = !prefix.is_empty() && prefix.len() <= PREFIX_BYTES_MAX && last.len() <= NAME_BYTES_MAX;
        fits.then_some((prefix, last))
    })
}

fn form(problem: &str) -> BundleError {
    let remedy = "build it with `inland policy build` and copy it whole";
    BundleError::new(Fault::Form, format!("the bundle cannot be read: {problem}"), remedy)
}

fn oversized(problem: String) -> BundleError {
    BundleError::new(Fault::Oversized, problem, "keep only policy files in it")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files(list: &[(&str, &[u8])]) -> Files {
        list.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect()
    }

    #[test]
    fn equal_files_have_equal_bytes_and_come_back() {
        let long = format!("law/{}/{}.yaml", "a".repeat(120), "b".repeat(80));
        let files = files(&[("a", b""), ("law/x.yaml", &[7; 512]), (&long, b"text")]);
        let packed = pack(&files).unwrap();
        assert_eq!(packed, pack(&files).unwrap());
        assert_eq!(unpack(&packed).unwrap(), files);
    }

    #[test]
    fn a_name_that_does_not_fit_or_leads_elsewhere_is_not_packed() {
        let long = "a".repeat(101);
        for name in ["../a", "a/../b", "/a", "a//b", "a/", ".", "", "a\\b", "a\nb", "a\0b", &long] {
            assert_eq!(pack(&files(&[(name, b"")])).unwrap_err().code(), "bundle_form", "{name}");
        }
    }

    #[test]
    fn more_files_than_a_bundle_has_are_refused() {
        let many: Files = (0..=FILES_MAX).map(|number| (format!("law/{number}.yaml"), Vec::new())).collect();
        assert_eq!(pack(&many).unwrap_err().code(), "bundle_oversized");
    }

    proptest! {
        /// A tar archive of any blocks: never a panic, and what comes out has plain names.
        #[test]
        fn any_archive_is_read_or_refused(
            blocks in prop::collection::vec((0usize..5, 0usize..BLOCK, any::<u8>()), 0..12),
            size in 0usize..3000,
        ) {
            let mut bytes = Vec::new();
            for (kind, at, value) in blocks {
                let mut block = match kind {
                    0 => vec![0; BLOCK],
                    1 => header("law/a.yaml", &vec![0; size]).unwrap().as_bytes().to_vec(),
                    2 => header("../a", b"").unwrap().as_bytes().to_vec(),
                    3 => vec![value; BLOCK],
                    _ => {
                        let mut odd = header(".manifest", b"").unwrap();
                        odd.set_entry_type(EntryType::new(value));
                        odd.set_cksum();
                        odd.as_bytes().to_vec()
                    }
                };
                if kind > 2 && at % 3 == 0 {
                    block.iter_mut().skip(at).take(1).for_each(|byte| *byte = value);
                }
                bytes.extend(block);
            }
            let mut gzip = GzBuilder::new().write(Vec::new(), Compression::fast());
            gzip.write_all(&bytes).unwrap();
            if let Ok(files) = unpack(&gzip.finish().unwrap()) {
                prop_assert!(files.keys().all(|name| check_name(name).is_ok()));
            }
        }
    }
}
