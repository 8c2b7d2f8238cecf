// Package wire is what the programs of these tests speak: the interface of the reference document, `Plug`, a wider one,
// `Work`, and their messages. All of it is written by hand, as structs with protobuf's tags, so that no generator is needed.
//
//	service Plug {
//	  rpc SayHello(Text) returns (Text);
//	}
//	service Work {
//	  rpc Echo(Data) returns (Data);
//	  rpc Fail(Text) returns (Empty);
//	  rpc Sum(Numbers) returns (Number);
//	  rpc Sleep(Number) returns (Empty);
//	  rpc Die(Text) returns (Empty);
//	}
//
// Messages with the same field are one type here: their names do not cross.
package wire

import "github.com/golang/protobuf/proto"

// Text is a request or a reply of one string.
type Text struct {
	Value string `protobuf:"bytes,1,opt,name=value,proto3"`
}

// Data is a request or a reply of bytes.
type Data struct {
	Value []byte `protobuf:"bytes,1,opt,name=value,proto3"`
}

// Number is a request or a reply of one number.
type Number struct {
	Value uint64 `protobuf:"varint,1,opt,name=value,proto3"`
}

// Numbers is the request of Sum.
type Numbers struct {
	Start   uint64   `protobuf:"varint,1,opt,name=start,proto3"`
	Numbers []uint64 `protobuf:"varint,2,rep,packed,name=numbers,proto3"`
}

// Empty is the reply of what returns nothing.
type Empty struct{}

// Printed is a piece of what a plugin prints: go-plugin's StdioData.
type Printed struct {
	Channel int32  `protobuf:"varint,1,opt,name=channel,proto3"`
	Data    []byte `protobuf:"bytes,2,opt,name=data,proto3"`
}

func (m *Text) Reset()         { *m = Text{} }
func (m *Text) String() string { return proto.CompactTextString(m) }
func (*Text) ProtoMessage()    {}

func (m *Data) Reset()         { *m = Data{} }
func (m *Data) String() string { return proto.CompactTextString(m) }
func (*Data) ProtoMessage()    {}

func (m *Number) Reset()         { *m = Number{} }
func (m *Number) String() string { return proto.CompactTextString(m) }
func (*Number) ProtoMessage()    {}

func (m *Numbers) Reset()         { *m = Numbers{} }
func (m *Numbers) String() string { return proto.CompactTextString(m) }
func (*Numbers) ProtoMessage()    {}

func (m *Empty) Reset()         { *m = Empty{} }
func (m *Empty) String() string { return proto.CompactTextString(m) }
func (*Empty) ProtoMessage()    {}

func (m *Printed) Reset()         { *m = Printed{} }
func (m *Printed) String() string { return proto.CompactTextString(m) }
func (*Printed) ProtoMessage()    {}
