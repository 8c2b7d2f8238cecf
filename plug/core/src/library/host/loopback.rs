//! Uses this binary as a library: with the same tables and the same calls, but without loading.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::abi::table::{ABI, HostTable};
use crate::compat::matching::match_methods;
use crate::compat::record::own_record;
use crate::error::Error;
use crate::library::entry::plug_library_v1;
use crate::library::host::loaded::Loaded;
use crate::library::vtable::Vtable;
use crate::plugin::fields::Fields;
use crate::plugin::{Plugin, Takes};
use crate::registry::link::Link;

/// The plugins that are linked into this binary, called like those of a library.
///
/// Tests a plugin or an interface across the boundary, without a file.
///
/// ```
/// # #[plug::interface(portable)]
/// # pub trait Greeter: Send + Sync {
/// #     fn greet(&self, name: &str) -> Result<String, plug::Error>;
/// # }
/// #[derive(Default)]
/// struct A;
///
/// #[plug::plug("a")]
/// impl Greeter for A {
///     fn greet(&self, name: &str) -> Result<String, plug::Error> {
///         if name.is_empty() { panic!("nobody is there") } else { Ok(format!("hello, {name}")) }
///     }
/// }
///
/// let mut registry = plug::Registry::new();
/// registry.add(&plug::link::Loopback)?;
/// let a = registry.open::<dyn Greeter>("a")?;
/// assert_eq!(a.greet("x")?, "hello, x");
/// assert!(a.greet("").unwrap_err().to_string().ends_with(": nobody is there"));
/// # Ok::<(), plug::Error>(())
/// ```
///
/// It has no plugins of interfaces that are not portable.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loopback;

impl Link for Loopback {
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        // Without a logger: that of this program would receive its own records.
        static HOST: HostTable = HostTable { abi: ABI, size: size_of::<HostTable>() as u32, log: None };
        static LOADED: LazyLock<Result<Loaded, String>> = LazyLock::new(|| {
            // SAFETY: it is the entry of this binary, which is never unloaded.
            unsafe { Loaded::from_entry(plug_library_v1, Path::new("this program"), &HOST) }
                .map_err(|error| error.to_string())
        });
        let loaded = LOADED.as_ref().map_err(|error| Error::msg(error.as_str()))?;
        let mut plugins = Vec::new();
        for entry in crate::entry::submissions::entries() {
            let Some(vtable) = entry.interface.vtable::<Vtable>() else { continue };
            let ours = entry.interface.record().and_then(own_record);
            let places: Option<Arc<[_]>> = ours.and_then(|ours| match_methods(&ours, &ours).ok()).map(Arc::from);
            let (Some(places), Ok(fields)) = (places, Fields::read(entry.text).map(Arc::new)) else { continue };
            let takes = if entry.takes_settings { Takes::Settings } else { Takes::Nothing };
            let (listed, number) = (Arc::clone(&fields), format!("{:016x}", entry.interface.number()));
            let open = move |slot: &mut crate::entry::Slot<'_>| {
                let path = Path::new("this program");
                let plugin = loaded.plugin(path, &fields, entry.takes_settings, &number, entry.interface, &places)?;
                plugin.answer(slot, vtable.make)
            };
            plugins.push(Plugin::found(
                listed,
                entry.interface,
                "loopback".to_owned(),
                Some(std::ptr::from_ref(loaded).addr()),
                None,
                takes,
                Box::new(open),
            ));
        }
        Ok(plugins)
    }
}
