//! The canonical form: the object made for placeholder folders, and before it what the roles must be like.

use crate::bound::Bound;
use crate::bytes::{Cursor, Endian};
use crate::roles::Needed;

/// Names the format and its version. Another version is another object's business: there is no conversion.
const MAGIC: &[u8] = b"ambidex-object 1";
const DAMAGED: Bound = Bound::Format("no canonical form, or a damaged one");

/// Writes the canonical form.
pub(crate) fn write(needed: &[Needed], object: &[u8]) -> Vec<u8> {
    let mut form = MAGIC.to_vec();
    let number = |form: &mut Vec<u8>, value: usize| {
        form.extend_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
    };
    number(&mut form, needed.len());
    for role in needed {
        let (outer, rest) = match &role.inside {
            Some((outer, rest)) => (outer + 1, rest.as_slice()),
            None => (0, &[][..]),
        };
        number(&mut form, role.name.len());
        form.extend_from_slice(role.name.as_bytes());
        number(&mut form, outer);
        number(&mut form, rest.len());
        form.extend_from_slice(rest);
    }
    form.extend_from_slice(object);
    form
}

/// Reads a canonical form: the roles and the object.
pub(crate) fn read(form: &[u8]) -> Result<(Vec<Needed>, &[u8]), Bound> {
    let data = form.strip_prefix(MAGIC).ok_or(DAMAGED)?;
    let mut cursor = Cursor::new(data, Endian::Little, 0);
    let mut needed = Vec::new();
    for _ in 0..cursor.number(4)? {
        let name = bytes(data, &mut cursor)?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| DAMAGED)?;
        let outer = usize::try_from(cursor.number(4)?).map_err(|_| DAMAGED)?;
        let rest = bytes(data, &mut cursor)?.to_vec();
        needed.push(Needed { name, inside: outer.checked_sub(1).map(|outer| (outer, rest)) });
    }
    Ok((needed, data.get(cursor.at()..).ok_or(DAMAGED)?))
}

/// Reads bytes after their number.
fn bytes<'a>(data: &'a [u8], cursor: &mut Cursor<'_>) -> Result<&'a [u8], Bound> {
    let size = cursor.number(4)?;
    let start = cursor.at();
    cursor.skip(size)?;
    data.get(start..cursor.at()).ok_or(DAMAGED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let needed = [
            Needed { name: "a".into(), inside: None },
            Needed { name: "b".into(), inside: Some((0, b"/v".to_vec())) },
            Needed { name: "c".into(), inside: Some((0, Vec::new())) },
        ];
        let form = write(&needed, b"object");
        assert_eq!(read(&form), Ok((needed.to_vec(), &b"object"[..])));
        for end in 0..form.len() - 6 {
            assert!(read(&form[..end]).is_err());
        }
    }
}
