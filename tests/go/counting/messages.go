// The messages, written by hand with protobuf's tags as those of package wire are.
//
//	package proto;
//	service Counter {
//	  rpc Get(GetRequest) returns (GetResponse);
//	  rpc Put(PutRequest) returns (Empty);
//	}
//	service AddHelper {
//	  rpc Sum(SumRequest) returns (SumResponse);
//	}

package counting

import "github.com/golang/protobuf/proto"

type getRequest struct {
	Key string `protobuf:"bytes,1,opt,name=key,proto3"`
}

type getResponse struct {
	Value int64 `protobuf:"varint,1,opt,name=value,proto3"`
}

// AddServer is the number of the lent object.
type putRequest struct {
	AddServer uint32 `protobuf:"varint,1,opt,name=add_server,proto3"`
	Key       string `protobuf:"bytes,2,opt,name=key,proto3"`
	Value     int64  `protobuf:"varint,3,opt,name=value,proto3"`
}

type sumRequest struct {
	A int64 `protobuf:"varint,1,opt,name=a,proto3"`
	B int64 `protobuf:"varint,2,opt,name=b,proto3"`
}

type sumResponse struct {
	R int64 `protobuf:"varint,1,opt,name=r,proto3"`
}

type empty struct{}

func (m *getRequest) Reset()         { *m = getRequest{} }
func (m *getRequest) String() string { return proto.CompactTextString(m) }
func (*getRequest) ProtoMessage()    {}

func (m *getResponse) Reset()         { *m = getResponse{} }
func (m *getResponse) String() string { return proto.CompactTextString(m) }
func (*getResponse) ProtoMessage()    {}

func (m *putRequest) Reset()         { *m = putRequest{} }
func (m *putRequest) String() string { return proto.CompactTextString(m) }
func (*putRequest) ProtoMessage()    {}

func (m *sumRequest) Reset()         { *m = sumRequest{} }
func (m *sumRequest) String() string { return proto.CompactTextString(m) }
func (*sumRequest) ProtoMessage()    {}

func (m *sumResponse) Reset()         { *m = sumResponse{} }
func (m *sumResponse) String() string { return proto.CompactTextString(m) }
func (*sumResponse) ProtoMessage()    {}

func (m *empty) Reset()         { *m = empty{} }
func (m *empty) String() string { return proto.CompactTextString(m) }
func (*empty) ProtoMessage()    {}
