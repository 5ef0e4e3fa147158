#include <algorithm>
#include <array>

#include "iq.hpp"
#include "notices.hpp"

namespace linekeeper::sandbox {

namespace {

constexpr std::array<std::string_view, 5> kCollections{"critical_block", "critical_unblock_low", "regular_low",
                                                       "regular_high", "regular"};
/// Patches are small; a client that sends more than this per collection is out of its mind.
constexpr std::size_t kMostPatches = 100'000;

Node patches_since(const AppStateCollection& collection, std::uint64_t version) {
  Node patches("patches");
  for (std::size_t i = version; i < collection.patches.size(); ++i)
    patches.add(Node("patch").holding(Bytes(collection.patches[i])));
  return patches;
}

Node failed(Node out, unsigned code) {
  return std::move(out).with("type", "error").add(error_node(code));
}

/// Patches only, never a snapshot: the complete history from version 1 is as good.
Node answer(IqRequest& request, const Node& asked, std::vector<std::string>& changed) {
  const std::string name = asked.attr("name").value_or("");
  Node out("collection");
  out.with("name", name);
  if (std::find(kCollections.begin(), kCollections.end(), name) == kCollections.end())
    return failed(std::move(out), 404);
  AppStateCollection& collection = request.account().app_state[name];
  const std::uint64_t version = asked.number("version").value_or(0);
  if (version > collection.version()) return failed(std::move(out), 400);

  if (const Node* patch = asked.child("patch")) {
    if (version != collection.version()) {
      out.with("version", collection.version());
      return failed(std::move(out), 409).add(patches_since(collection, version));
    }
    if (collection.patches.size() >= kMostPatches) return failed(std::move(out), 419);
    collection.add(patch->bytes());
    changed.push_back(name);
    return out.with("version", collection.version());
  }
  out.with("version", collection.version());
  if (version == collection.version()) return out;
  return out.with("has_more_patches", "false").add(patches_since(collection, version));
}

}  // namespace

Node iq_app_state(IqRequest& request) {
  const Node* sync = request.child("sync");
  if (sync == nullptr) return request.error(400);
  Node out("sync");
  std::vector<std::string> changed;
  for (const Node& collection : sync->children())
    if (collection.tag == "collection") out.add(answer(request, collection, changed));
  if (!changed.empty()) {
    Node notice = notification(request.core, transport::server_jid(), "server_sync");
    for (const std::string& name : changed)
      notice.add(Node("collection").with("name", name).with("version", request.account().app_state[name].version()));
    request.core.deliver_all(request.account(), notice, &request.device);
  }
  return request.result().add(std::move(out));
}

}  // namespace linekeeper::sandbox
