//! The `.proto` files of interfaces: protobuf's compilers read them as our descriptors.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use library_types::Types;
use plug::__private::Description;
use plug::__private::testing::{files, text};
use plug::{Error, Portable};
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use super::values::{Direction, Page};

/// Keeps values by their keys.
///
/// As in `go-plugin`'s example.
#[plug::interface(portable, service = "proto.KV")]
trait Store: Send + Sync {
    /// The value of a key.
    #[plug(idempotent)]
    fn get(&self, key: &str) -> Result<Vec<u8>, Error>;
    fn put(&self, key: &str, value: &[u8]) -> Result<(), Error>;
}

#[plug::interface(portable)]
trait Greeter: Send + Sync {
    fn say_hello(&self, name: &str) -> Result<String, Error>;
}

/// Where something is.
#[derive(Portable)]
#[allow(dead_code)]
struct Point(
    f32,
    /// Upwards.
    f64,
);

/// What protobuf does not have as it is, or where names are in each other's way.
#[derive(Portable)]
#[allow(dead_code, non_camel_case_types)]
enum Shape {
    /// None at all.
    Nothing,
    Point {
        /// From the left.
        ///
        /// In millimetres.
        x: u32,
    },
    /// From here to there.
    Line(
        /// Here.
        Point,
        Point,
    ),
    /// Of the variant.
    kind(
        /// Of its field, which is the same thing there.
        Vec<Option<bool>>,
    ),
    HTTPServer(
        /// Where it listens.
        Direction,
    ),
    #[plug(tag = 20_000)]
    Dots(BTreeMap<i8, Point>),
    Listed(Vec<u8>, Vec<()>),
}

#[derive(Portable)]
#[allow(dead_code)]
struct GetRequest {
    /** A block,
     * of two lines.
     */
    r#type: Option<Option<String>>,
    _hidden: Option<u8>,
    #[doc = concat!("Not only", " literals.")]
    #[plug(tag = 12)]
    points_by_name: BTreeMap<String, Vec<Point>>,
}

/// How high.
#[derive(Portable)]
#[allow(dead_code)]
enum Level {
    Unspecified,
    /// Higher than most.
    VeryHigh = 7,
    /// There is none beyond.
    #[plug(tag = 2_147_483_647)]
    Last,
}

#[plug::interface(portable, service = "shapes.v1.Shapes")]
trait Shapes: Send + Sync {
    fn get(&self, shape: Shape, _: &GetRequest, r#type: Level) -> Result<Option<Shape>, Error>;
    fn small(&self, lists: Vec<Vec<i8>>, same: Option<Vec<i32>>, page: &Page) -> Result<Vec<Vec<i64>>, Error>;
    fn nothing(&self, unit: ()) -> Result<(), Error>;
}

#[plug::interface(portable, service = "shapes.v1.Others")]
trait Others: Send + Sync {
    fn get(&self, page: &other::Page) -> Result<Direction, Error>;
}

#[plug::interface(portable)]
trait Empty: Send + Sync {}

mod again {
    /// Something else is said of the same, which makes it no other type.
    #[derive(plug::Portable)]
    pub enum Level {
        Unspecified,
        /// High.
        VeryHigh = 7,
        #[plug(tag = 2_147_483_647)]
        Last,
    }
}

mod other {
    #[derive(plug::Portable)]
    #[allow(dead_code)]
    pub struct Page {
        pub number: u8,
    }
}

const STORE: &Description = &Description::of::<dyn Store>();
const GREETER: &Description = &Description::of::<dyn Greeter>();
const SHAPES: &Description = &Description::of::<dyn Shapes>();
const OTHERS: &Description = &Description::of::<dyn Others>();
const EMPTY: &Description = &Description::of::<dyn Empty>();
const TYPES: &Description = &Description::of::<dyn Types>();

fn file(interfaces: &[&Description]) -> FileDescriptorProto {
    let [file] = <[_; 1]>::try_from(files(interfaces).unwrap()).unwrap();
    file
}

#[test]
fn an_interface_is_a_service() {
    assert_eq!(
        text(&file(&[GREETER])),
        r#"syntax = "proto3";

service Greeter {
  rpc SayHello(SayHelloRequest) returns (SayHelloReply);
}

message SayHelloRequest {
  string name = 1;
}

message SayHelloReply {
  string value = 1;
}
"#
    );
    assert_eq!(file(&[STORE]).name(), "proto/kv.proto");
    assert_eq!(
        text(&file(&[STORE])),
        r#"syntax = "proto3";

package proto;

// Keeps values by their keys.
//
// As in `go-plugin`'s example.
service KV {
  // The value of a key.
  rpc Get(GetRequest) returns (GetReply) {
    option idempotency_level = IDEMPOTENT;
  }

  rpc Put(PutRequest) returns (PutReply);
}

message GetRequest {
  string key = 1;
}

message GetReply {
  bytes value = 1;
}

message PutRequest {
  string key = 1;
  bytes value = 2;
}

message PutReply {}
"#
    );
}

#[test]
fn each_kind_of_type_is_written() {
    assert_written("shapes.proto", &[SHAPES, OTHERS]);
    assert_written("types.proto", &[TYPES]);
}

fn assert_written(name: &str, interfaces: &[&Description]) {
    let path = plug_tests::root().join("tests/tests/portable").join(name);
    let written = text(&file(interfaces));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert_eq!(
        written,
        std::fs::read_to_string(&path).unwrap_or_default(),
        "{} is not what is written",
        path.display()
    );
}

#[derive(Portable)]
#[allow(dead_code)]
struct Levels(Level, again::Level);

#[test]
fn docs_make_no_other_type() {
    #[plug::interface(portable)]
    trait Same: Send + Sync {
        fn get(&self) -> Result<Levels, Error>;
    }
    let written = text(&file(&[&const { Description::of::<dyn Same>() }]));
    assert_eq!(written.matches("enum Level {").count(), 1, "{written}");
    assert!(written.contains("// How high.\nenum Level {") && !written.contains("Something else"), "{written}");
}

mod tree {
    #[derive(plug::Portable)]
    pub struct Tree {
        pub children: Vec<Tree>,
    }
}

mod wood {
    #[derive(plug::Portable)]
    #[allow(clippy::vec_box, reason = "a box makes no other message")]
    pub struct Tree {
        pub children: Vec<Box<Tree>>,
    }
}

mod leaf {
    #[derive(plug::Portable)]
    pub struct Tree {
        pub children: Vec<super::tree::Tree>,
        pub name: String,
    }
}

#[test]
fn two_types_that_contain_themselves_are_one_message_if_they_are_alike() {
    #[plug::interface(portable)]
    trait Same: Send + Sync {
        fn get(&self, tree: tree::Tree) -> Result<wood::Tree, Error>;
    }
    let written = text(&file(&[&const { Description::of::<dyn Same>() }]));
    assert!(written.ends_with("message Tree {\n  repeated Tree children = 1;\n}\n"), "{written}");
    assert_eq!(written.matches("message Tree ").count(), 1, "{written}");
    #[plug::interface(portable)]
    trait Others: Send + Sync {
        fn get(&self, tree: tree::Tree) -> Result<leaf::Tree, Error>;
    }
    let error = files(&[&const { Description::of::<dyn Others>() }]).unwrap_err();
    assert_eq!(error.to_string(), "two types of `Others` are called `Tree`: rename one");
}

#[test]
fn interfaces_of_several_packages_are_several_files() {
    let files = files(&[GREETER, STORE, SHAPES, EMPTY, OTHERS]).unwrap();
    let names: Vec<_> = files.iter().map(|file| (file.name(), file.service.len())).collect();
    assert_eq!(names, [("greeter.proto", 2), ("proto/kv.proto", 1), ("shapes/v1/shapes.proto", 2)]);
    assert_eq!(files[0].package, None);
}

#[derive(Portable)]
#[allow(dead_code)]
struct Twice {
    page: Page,
    other: other::Page,
}

macro_rules! cannot {
    ($($message:literal: $ty:ty;)*) => {
        $({
            #[plug::interface(portable)]
            trait Refused: Send + Sync {
                fn get(&self) -> Result<$ty, Error>;
            }
            let error = files(&[&const { Description::of::<dyn Refused>() }]).unwrap_err();
            assert_eq!(error.to_string(), $message);
        })*
    };
}

/// Its name is that of a generic type.
#[derive(Portable)]
struct Uint32Page;

#[derive(Portable)]
#[allow(dead_code)]
struct Pages {
    page: Uint32Page,
    pages: library_types::Page<u16>,
}

/// The names of their arguments in protobuf are the same.
#[derive(Portable)]
#[allow(dead_code)]
struct Eithers(library_types::Either<u8, String, 1>, library_types::Either<u32, String, 1>);

#[derive(Portable)]
#[allow(dead_code)]
struct Größe;

#[derive(Portable)]
#[allow(dead_code)]
struct Foreign {
    größe: u8,
}

#[derive(Portable)]
#[allow(dead_code, non_snake_case)]
struct Alike {
    a_b: u8,
    aB: u8,
}

#[derive(Portable)]
#[allow(dead_code, non_camel_case_types)]
enum A {
    B_C,
    BC,
}

#[derive(Portable)]
#[allow(dead_code)]
enum AB {
    C,
    D(()),
}

#[derive(Portable)]
#[allow(dead_code, non_camel_case_types)]
struct LEVEL_LAST {
    level: Level,
}

#[test]
fn a_type_that_protobuf_cannot_express_is_an_error() {
    cannot! {
        "two types of `Refused` are called `Page`: rename one": Twice;
        "two types of `Refused` are called `Uint32Page`: rename one": Pages;
        "two types of `Refused` are called `Uint32StringEither`: rename one": Eithers;
        "`Größe` cannot be a name in protobuf, which has only ASCII ones: rename it": Größe;
        "`größe` cannot be a name in protobuf, which has only ASCII ones: rename it": Foreign;
        "`a_b` and `aB` of `Alike` are one name in protobuf: rename one": Alike;
        "`B_C` and `BC` of `A` are one name in protobuf: rename one": Vec<A>;
        "`LEVEL_LAST` of `Level` is the name of something else in protobuf too: rename one": LEVEL_LAST;
    }
    let error = files(&[STORE, STORE]).unwrap_err();
    assert_eq!(error.to_string(), "two interfaces are the service `KV`: give one another");
    let _ = AB::C;
}

/// Takes away the source positions, which the compilers alone write, and returns the comments.
fn bare(mut file: FileDescriptorProto) -> (FileDescriptorProto, BTreeMap<Vec<i32>, String>) {
    let info = file.source_code_info.take().unwrap_or_default();
    let comments = info.location.into_iter().filter_map(|location| Some((location.path, location.leading_comments?)));
    let comments = comments.collect();
    (file, comments)
}

/// Writes all files as text, and returns their folder and their descriptors.
fn written(name: &str) -> (PathBuf, Vec<FileDescriptorProto>) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let files = files(&[GREETER, STORE, SHAPES, EMPTY, OTHERS, TYPES]).unwrap();
    for file in &files {
        let path = folder.join(file.name());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text(file)).unwrap();
    }
    // Not every protoc has protobuf's own files.
    for (name, ty) in [("duration", "Duration"), ("timestamp", "Timestamp")] {
        let text = format!(
            "syntax = \"proto3\"; package google.protobuf; message {ty} {{ int64 seconds = 1; int32 nanos = 2; }}"
        );
        let path = folder.join("google/protobuf").join(name).with_extension("proto");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    (folder, files)
}

#[track_caller]
fn assert_read_as(files: &[FileDescriptorProto], read: FileDescriptorSet) {
    assert_eq!(read.file.len(), files.len());
    for ours in files {
        let theirs = read.file.iter().find(|theirs| theirs.name() == ours.name()).unwrap();
        let ((ours, our_comments), (theirs, their_comments)) = (bare(ours.clone()), bare(theirs.clone()));
        assert_eq!(our_comments, their_comments);
        assert_eq!(format!("{ours:#?}"), format!("{theirs:#?}"));
        assert_eq!(ours.encode_to_vec(), theirs.encode_to_vec());
    }
}

#[cfg(feature = "protox")]
#[test]
fn a_compiler_reads_it_as_what_it_is() {
    let (folder, files) = written("protox");
    let mut compiler = protox::Compiler::new([&folder]).unwrap();
    compiler.include_source_info(true);
    compiler.open_files(files.iter().map(|file| file.name())).unwrap();
    assert_read_as(&files, compiler.file_descriptor_set());
}

#[test]
fn protoc_reads_it_as_what_it_is() {
    let (folder, files) = written("protoc");
    let set = folder.join("set.bin");
    let status = Command::new("protoc")
        .args(["--include_source_info", "-o"])
        .arg(&set)
        .arg("-I")
        .arg(&folder)
        .args(files.iter().map(|file| file.name()))
        .status();
    match status {
        Err(error) => plug_tests::leave_out("protoc", &error.to_string()),
        Ok(status) => {
            assert!(status.success());
            assert_read_as(&files, FileDescriptorSet::decode(&*std::fs::read(set).unwrap()).unwrap());
        }
    }
}
