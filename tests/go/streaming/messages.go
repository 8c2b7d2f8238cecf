// Package streaming is what the programs with streams speak: StreamerService, with the names and numbers of go-plugin's example
// `streaming`. Both sides are here.
//
//	package proto;
//	service StreamerService {
//	  rpc Configure(Configuration) returns (Empty);
//	  rpc Read(Empty) returns (stream Chunk);
//	  rpc Write(stream Chunk) returns (Empty);
//	}
//
// Messages with the same field are one type here: their names do not cross.
package streaming

import "github.com/golang/protobuf/proto"

type configuration struct {
	Path      string `protobuf:"bytes,1,opt,name=path,proto3"`
	ChunkSize int64  `protobuf:"varint,2,opt,name=chunk_size,proto3"`
}

type chunk struct {
	Bytes []byte `protobuf:"bytes,1,opt,name=bytes,proto3"`
}

type empty struct{}

func (m *configuration) Reset()         { *m = configuration{} }
func (m *configuration) String() string { return proto.CompactTextString(m) }
func (*configuration) ProtoMessage()    {}

func (m *chunk) Reset()         { *m = chunk{} }
func (m *chunk) String() string { return proto.CompactTextString(m) }
func (*chunk) ProtoMessage()    {}

func (m *empty) Reset()         { *m = empty{} }
func (m *empty) String() string { return proto.CompactTextString(m) }
func (*empty) ProtoMessage()    {}
