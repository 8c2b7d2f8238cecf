//! The way out if several plugins claim one name: one of them can be chosen by its link.

use plug::{Place, Problem};

use crate::available::listed;

/// How to choose one of the plugins.
pub(crate) fn way_out(problem: &Problem) -> Option<String> {
    let (name, places): (_, Vec<&Place>) = match problem {
        Problem::Duplicate { name, places, .. } => (name, places.iter().collect()),
        Problem::HiddenByAlias { name, aliased, named, .. } => (name, named.iter().chain(aliased).collect()),
        _ => return None,
    };
    let is_alone = |place: &&&Place| places.iter().filter(|other| other.origin == place.origin).count() == 1;
    let alone: Vec<_> = places.iter().filter(is_alone).map(|place| place.origin.as_deref()).collect();
    let of_links: Vec<_> = alone.iter().flatten().map(|link| format!("{link}#{name}")).collect();
    let builtin = alone.contains(&None).then_some("the builtin one without `--link` and `APP_LINKS`");
    let one = format!("one by its link, as {}", listed(&of_links));
    match (&of_links[..], builtin) {
        ([], None) => None,
        ([], Some(builtin)) => Some(format!("choose {builtin}")),
        (_, None) => Some(format!("choose {one}")),
        (_, Some(builtin)) => Some(format!("choose {one}, or {builtin}")),
    }
}

#[cfg(test)]
mod tests {
    use app_interface::Plug;
    use plug::{Error, Plugin};

    use super::*;

    /// The hint for plugins in these places: the first is called `a`, and the others have it as an
    /// alias.
    fn hint(origins: &[Option<&str>]) -> Option<String> {
        let plugin = Plugin::new::<dyn Plug>("a", || Err(Error::msg("never opened"))).unwrap();
        let mut places: Vec<_> = origins.iter().map(|_| Place::from(&plugin)).collect();
        places.iter_mut().zip(origins).for_each(|(place, origin)| place.origin = origin.map(str::to_owned));
        let (name, interface) = ("a".to_owned(), plugin.interface());
        let duplicate = Problem::Duplicate { name: name.clone(), interface, places: places.clone() };
        let aliased = places.split_off(1);
        let hidden = Problem::HiddenByAlias { name, interface, aliased, named: places.pop() };
        assert_eq!(way_out(&duplicate), way_out(&hidden));
        way_out(&hidden)
    }

    #[test]
    fn the_only_plugin_of_a_link_can_be_chosen() {
        let (x, y) = (Some("library:/x.so"), Some("library:/y.so"));
        let (one, builtin) = ("choose one by its link, as", "the builtin one without `--link` and `APP_LINKS`");
        assert_eq!(hint(&[None, x]).unwrap(), format!("{one} `library:/x.so#a`, or {builtin}"));
        assert_eq!(hint(&[None, x, y]).unwrap(), format!("{one} `library:/x.so#a`, `library:/y.so#a`, or {builtin}"));
        assert_eq!(hint(&[x, y]).unwrap(), format!("{one} `library:/x.so#a`, `library:/y.so#a`"));
        assert_eq!(hint(&[None, x, x]).unwrap(), format!("choose {builtin}"));
        assert_eq!(hint(&[x, y, y, None, None]).unwrap(), format!("{one} `library:/x.so#a`"));
        assert_eq!(hint(&[None, None]), None);
        assert_eq!(hint(&[x, x]), None);
    }
}
