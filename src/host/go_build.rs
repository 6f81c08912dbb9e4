//! Which release of a library a Go program was built with, read from the program itself.
//!
//! The section `.go.buildinfo` begins with `\xff Go buildinf:`, a pointer size and flags; from Go 1.18 on two
//! strings follow at byte 32, each behind its length as a varint: the version of Go, and lines such as
//! `dep\tgithub.com/openimsdk/tools\tv0.0.50-alpha.106\th1:…`. Stripping leaves it there.
//! Source: Go's debug/buildinfo. Programs of other kinds, and older ones, simply have no answer.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The flag that says that the strings stand in the section itself.
const INLINE: u8 = 2;
const STRINGS: usize = 32;
/// No section header table and no build information of OpenIM comes near this.
const LARGEST: u64 = 1 << 20;

/// The version of a module in a program; `None` where the program does not tell.
#[must_use]
pub fn read_module_version(program: &Path, module: &str) -> Option<String> {
    let file = File::open(program).ok()?;
    let section = read_section(&file, b".go.buildinfo")?;
    parse_module_version(&section, module)
}

fn parse_module_version(section: &[u8], module: &str) -> Option<String> {
    let flags = *section.strip_prefix(MAGIC)?.get(1)?;
    if flags & INLINE == 0 {
        return None;
    }
    let (_go, rest) = split_string(section.get(STRINGS..)?)?;
    let (modules, _) = split_string(rest)?;
    String::from_utf8_lossy(modules).lines().find_map(|line| {
        let mut fields = line.split('\t');
        (fields.next() == Some("dep") && fields.next() == Some(module))
            .then(|| fields.next())?
            .map(str::to_owned)
    })
}

/// A string behind its length, and what follows it.
fn split_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (n, byte) in bytes.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return bytes.get(n + 1..)?.split_at_checked(length);
        }
    }
    None
}

/// A section of a 64-bit little-endian ELF file.
fn read_section(file: &File, wanted: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 64;
    let head = read(file, 0, HEADER as u64)?;
    if head.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (count, names) = (usize::from(u16_at(&head, 0x3c)?), usize::from(u16_at(&head, 0x3e)?));
    let table = read(file, u64_at(&head, 0x28)?, (count * HEADER) as u64)?;
    let sections: Vec<&[u8]> = table.chunks_exact(HEADER).collect();
    let content = |section: &[u8]| read(file, u64_at(section, 0x18)?, u64_at(section, 0x20)?);
    let names = content(sections.get(names)?)?;
    let is_wanted = |section: &&&[u8]| {
        let name = u32_at(section, 0).and_then(|at| names.get(at as usize..));
        name.and_then(|name| name.strip_prefix(wanted)).is_some_and(|rest| rest.first() == Some(&0))
    };
    content(sections.iter().find(is_wanted)?)
}

fn read(file: &File, at: u64, length: u64) -> Option<Vec<u8>> {
    if length > LARGEST {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    file.read_exact_at(&mut bytes, at).ok()?;
    Some(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: &str = "github.com/openimsdk/tools";

    fn section(modules: &str) -> Vec<u8> {
        let mut bytes = [MAGIC, &[8, INLINE]].concat();
        bytes.resize(STRINGS, 0);
        bytes.push(8);
        bytes.extend(b"go1.25.5");
        let length = modules.len();
        bytes.extend([
            u8::try_from(length & 0x7f | 0x80).expect("seven bits"),
            u8::try_from(length >> 7).expect("short"),
        ]);
        bytes.extend(modules.as_bytes());
        bytes
    }

    #[test]
    fn the_library_is_found_among_the_modules() {
        let modules = format!(
            "path\tgithub.com/openimsdk/open-im-server/v3/cmd/openim-rpc/openim-rpc-user\n\
             mod\tgithub.com/openimsdk/open-im-server/v3\t(devel)\t\n\
             dep\tgithub.com/openimsdk/tools-more\tv9.9.9\th1:x=\n\
             dep\t{TOOLS}\tv0.0.50-alpha.106\th1:abc=\n"
        );
        let found = parse_module_version(&section(&modules), TOOLS);
        assert_eq!(found.as_deref(), Some("v0.0.50-alpha.106"));
        assert_eq!(parse_module_version(&section(&modules), "github.com/gin-gonic/gin"), None);
    }

    #[test]
    fn damaged_build_information_is_none() {
        let whole = section(&format!("dep\t{TOOLS}\tv0.0.50-alpha.106\n{}", "x".repeat(200)));
        for cut in 0..whole.len() - 1 {
            assert_eq!(parse_module_version(&whole[..cut], TOOLS), None, "{cut}");
        }
    }

    #[test]
    fn a_program_of_another_language_has_no_answer() {
        assert_eq!(read_module_version(Path::new("/proc/self/exe"), TOOLS), None);
        assert_eq!(read_module_version(Path::new("/proc/self/status"), TOOLS), None);
        assert_eq!(read_module_version(Path::new("/nowhere"), TOOLS), None);
    }
}
