//! The interface of the plugins in libraries, as a trait object of abi_stable,
//! and the module that a plugin exports.

use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RBox, RBoxError, RResult, RSlice, RStr, RString};
use abi_stable::{StableAbi, sabi_trait};

/// The interface of the plugins.
#[sabi_trait]
pub trait Work: Send + Sync {
    /// The sum, which wraps.
    fn add(&self, a: u64, b: u64) -> RResult<u64, RBoxError>;

    /// The number of bytes.
    fn length(&self, bytes: RSlice<'_, u8>) -> RResult<u64, RBoxError>;

    /// Greets `name`.
    #[sabi(last_prefix_field)]
    fn say_hello(&self, name: RStr<'_>) -> RResult<RString, RBoxError>;
}

/// An opened plugin.
pub type WorkBox = Work_TO<'static, RBox<()>>;

/// The module that a plugin exports.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = ModuleRef)))]
pub struct Module {
    /// Makes one.
    #[sabi(last_prefix_field)]
    pub new: extern "C" fn() -> RResult<WorkBox, RBoxError>,
}

impl RootModule for ModuleRef {
    abi_stable::declare_root_module_statics! {ModuleRef}

    const BASE_NAME: &'static str = "abi_stable_plugin";
    const NAME: &'static str = "abi_stable_plugin";
    const VERSION_STRINGS: VersionStrings = abi_stable::package_version_strings!();
}
