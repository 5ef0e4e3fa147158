#pragma once

#include <span>

#include "core.hpp"

namespace linekeeper::sandbox {

/// One of an account's devices as the author of something: a companion, or the phone where `device` is null.
struct Author {
  Account& account;
  Device* device = nullptr;
  std::uint16_t id() const noexcept { return device == nullptr ? 0 : device->id; }
};

/// `<message>` from a logged-in companion: every addressed device gets its own copy, then the author its ack.
void route_message(Core& core, Device& from, const Node& stanza);

/// The same from a phone, which needs no ack. True if at least one device was addressed.
bool route_phone_message(Core& core, Account& from, const Node& stanza);

/// What a copy says whoever it is for: id, kind, time, the author's name, and the payload. `payload` holds what this
/// device alone gets; children that are no `enc` are left out of it.
void fill_copy(const Core& core, Node& copy, const Author& from, const Node& stanza, std::span<const Node> payload);

/// To a companion's queue or into the phone. False if there is no such device.
bool hand_over(Core& core, Account& account, std::uint16_t device, Node stanza, const Author& from);

}  // namespace linekeeper::sandbox
