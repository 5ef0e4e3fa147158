#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace linekeeper::auth {

/// Number of buckets, for ever: stored data depends on it.
inline constexpr unsigned kBuckets = 256;

/// The bucket of a session: Java-compatible murmur2 modulo 256. All keys of a session lie in one Redis Cluster slot,
/// that of its bucket.
std::uint8_t bucket_of(std::string_view session) noexcept;

/// Names of keys. All of them begin with `lk:`.
namespace key {
std::string sessions(std::uint8_t bucket);      ///< Set: the sessions of this bucket.
std::string lease(std::string_view session);    ///< String with TTL: "<token> <holder>".
std::string wanted(std::string_view session);   ///< String with TTL: "<Redis time> <name>".
std::string line(std::string_view session);     ///< Hash: head and sealed fields.
std::string archive(std::string_view session);  ///< String with TTL: sealed wiped credentials.
std::string open(std::string_view session);     ///< Set: commands in SENDING or with an unpublished outcome.
std::string pending(std::string_view session);  ///< Hash: events committed and not yet published.
/// String with TTL: one sealed ledger record. Command ids may be anything, so they appear hashed.
std::string command(std::string_view session, std::string_view command_id);
/// The same for a tag (`command_tag`).
std::string tagged_command(std::string_view session, std::string_view tag);
/// Sorted set with TTL: tags of the ledger's records, by when they end (unix ms). So that they can be found.
std::string commands(std::string_view session);
/// Set with TTL: digests of the inbound messages of one week (unix weeks).
std::string inbound(std::string_view session, std::int64_t week);
std::string number(std::string_view keyed_hash);  ///< String: "<token> <session>". In a slot of its own.
std::string store();                              ///< Hash: the store's marker.
/// String with TTL: the process that goes by this worker id.
std::string worker(std::string_view worker_id);
}  // namespace key

/// How a command id appears in key names: 32 hex digits.
std::string command_tag(std::string_view command_id);

}  // namespace linekeeper::auth
