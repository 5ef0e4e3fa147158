#include "linekeeper/base/errc.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "proto_bytes.hpp"
#include "wire/adv.pb.h"

namespace linekeeper::transport {
namespace {

wire::ADVEncryptionType to_wire(AdvType type) {
  return type == AdvType::hosted ? wire::HOSTED : wire::E2EE;
}

AdvType from_wire(wire::ADVEncryptionType type) {
  return type == wire::HOSTED ? AdvType::hosted : AdvType::e2ee;
}

}  // namespace

Bytes encode(const AdvDeviceIdentity& identity) {
  wire::ADVDeviceIdentity out;
  out.set_raw_id(identity.raw_id);
  out.set_timestamp(identity.timestamp);
  if (identity.key_index) out.set_key_index(*identity.key_index);
  if (identity.account_type) out.set_account_type(to_wire(*identity.account_type));
  if (identity.device_type) out.set_device_type(to_wire(*identity.device_type));
  return bytes_of(out);
}

Bytes encode(const AdvSignedIdentity& identity) {
  wire::ADVSignedDeviceIdentity out;
  out.set_details(to_text(identity.details));
  if (!identity.account_key.empty()) out.set_account_signature_key(to_text(identity.account_key));
  out.set_account_signature(to_text(identity.account_signature));
  if (!identity.device_signature.empty()) out.set_device_signature(to_text(identity.device_signature));
  return bytes_of(out);
}

Bytes encode(const AdvContainer& container) {
  wire::ADVSignedDeviceIdentityHMAC out;
  out.set_details(to_text(container.signed_identity));
  out.set_hmac(to_text(container.hmac));
  if (container.account_type) out.set_account_type(to_wire(*container.account_type));
  return bytes_of(out);
}

Bytes encode(const AdvKeyIndexList& list) {
  wire::ADVKeyIndexList out;
  out.set_raw_id(list.raw_id);
  out.set_timestamp(list.timestamp);
  out.set_current_index(list.current_index);
  out.mutable_valid_indexes()->Add(list.valid_indexes.begin(), list.valid_indexes.end());
  if (list.account_type) out.set_account_type(to_wire(*list.account_type));
  return bytes_of(out);
}

Bytes encode(const AdvSignedKeyIndexList& list) {
  wire::ADVSignedKeyIndexList out;
  out.set_details(to_text(list.details));
  out.set_account_signature(to_text(list.account_signature));
  if (!list.account_key.empty()) out.set_account_signature_key(to_text(list.account_key));
  return bytes_of(out);
}

Result<AdvDeviceIdentity> parse_adv_identity(ByteView bytes) {
  wire::ADVDeviceIdentity in;
  if (!parse_into(in, bytes)) return Errc::malformed_message;
  AdvDeviceIdentity out;
  out.raw_id = in.raw_id();
  out.timestamp = in.timestamp();
  if (in.has_key_index()) out.key_index = in.key_index();
  if (in.has_account_type()) out.account_type = from_wire(in.account_type());
  if (in.has_device_type()) out.device_type = from_wire(in.device_type());
  return out;
}

Result<AdvSignedIdentity> parse_adv_signed(ByteView bytes) {
  wire::ADVSignedDeviceIdentity in;
  if (!parse_into(in, bytes) || !in.has_details() || !in.has_account_signature()) return Errc::malformed_message;
  return AdvSignedIdentity{to_bytes(in.details()), to_bytes(in.account_signature_key()),
                           to_bytes(in.account_signature()), to_bytes(in.device_signature())};
}

Result<AdvContainer> parse_adv_container(ByteView bytes) {
  wire::ADVSignedDeviceIdentityHMAC in;
  if (!parse_into(in, bytes) || !in.has_details() || !in.has_hmac()) return Errc::malformed_message;
  AdvContainer out{to_bytes(in.details()), to_bytes(in.hmac()), std::nullopt};
  if (in.has_account_type()) out.account_type = from_wire(in.account_type());
  return out;
}

Result<AdvKeyIndexList> parse_key_index_list(ByteView details) {
  wire::ADVKeyIndexList in;
  if (!parse_into(in, details)) return Errc::malformed_message;
  AdvKeyIndexList out;
  out.raw_id = in.raw_id();
  out.timestamp = in.timestamp();
  out.current_index = in.current_index();
  out.valid_indexes.assign(in.valid_indexes().begin(), in.valid_indexes().end());
  if (in.has_account_type()) out.account_type = from_wire(in.account_type());
  return out;
}

Result<AdvSignedKeyIndexList> parse_signed_key_index_list(ByteView bytes) {
  wire::ADVSignedKeyIndexList in;
  if (!parse_into(in, bytes) || !in.has_details() || !in.has_account_signature()) return Errc::malformed_message;
  return AdvSignedKeyIndexList{to_bytes(in.details()), to_bytes(in.account_signature()),
                               to_bytes(in.account_signature_key())};
}

}  // namespace linekeeper::transport
