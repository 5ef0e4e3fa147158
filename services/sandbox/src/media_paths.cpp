#include "media_paths.hpp"

#include <nlohmann/json.hpp>

namespace linekeeper::sandbox {

namespace {

using nlohmann::json;

http::Response failure(unsigned status, const std::string& why) {
  return http::Response::json(status, json{{"error", why}}.dump());
}

struct Name {
  std::string kind;
  Key32 sha256{};
};

std::optional<Name> parse(std::string_view path) {
  path = path.substr(0, path.find_first_of("?&"));
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const auto bytes = from_base64(path.substr(slash + 1));
  const auto sha256 = bytes ? exactly<32>(*bytes) : std::nullopt;
  if (!sha256) return std::nullopt;
  const std::string_view before = path.substr(0, slash);
  return Name{std::string(before.substr(before.rfind('/') + 1)), *sha256};
}

http::Response place(const Name& name, const std::string& public_address) {
  // With a query already there, clients that add theirs with `?` and those that add it with `&` both come back.
  const std::string direct_path = "/v/" + name.kind + "/" + to_base64url(name.sha256) + "?ccb=1";
  return http::Response::json(
      200, json{{"url", "https://" + public_address + direct_path}, {"direct_path", direct_path}}.dump());
}

http::Response upload(MediaStore& store, const std::string& public_address, const Name& name,
                      const http::Request& request) {
  if (request.parameter("resume") == "1") {
    if (store.get(name.sha256) == nullptr) return http::Response::json(200, R"({"resume":0})");
    json known = json::parse(place(name, public_address).body);
    known["resume"] = "complete";
    return http::Response::json(200, known.dump());
  }
  switch (store.put(name.sha256, request.body)) {
    case MediaStore::Put::wrong_hash: return failure(400, "the body's SHA-256 is not the one in the path");
    case MediaStore::Put::full: return failure(507, "media-limit is reached");
    case MediaStore::Put::stored:
    case MediaStore::Put::known: break;
  }
  return place(name, public_address);
}

http::Response download(const MediaStore& store, const Name& name, const std::optional<Fault>& fault) {
  const auto blob = store.get(name.sha256);
  if (blob == nullptr) return failure(404, "no such media");
  http::Response response;
  response.headers.push_back({"Content-Type", "application/octet-stream"});
  response.body = *blob;
  if (fault && fault->text("body") == "short") response.body.resize(response.body.size() / 2);
  if (fault && fault->text("body") == "damaged" && !response.body.empty()) response.body.front() ^= 0x01;
  return response;
}

}  // namespace

bool is_media_path(std::string_view path) noexcept {
  return path.starts_with("/mms/") || path.starts_with("/v/");
}

http::Response answer_media(MediaStore& store, Faults& faults, const std::string& public_address,
                            const http::Request& request) {
  std::optional<Fault> fault;
  if (!faults.all().empty()) fault = faults.take("media", Subject{});
  if (const auto status = fault ? fault->number("status") : std::nullopt)
    return failure(static_cast<unsigned>(*status), "as ordered");
  const auto name = parse(request.path);
  if (!name) return failure(400, "the path must end in the base64url SHA-256 of the body");
  if (request.method == "POST" || request.method == "PUT") return upload(store, public_address, *name, request);
  if (request.method == "GET" || request.method == "HEAD") return download(store, *name, fault);
  if (request.method == "DELETE") {
    store.remove(name->sha256);
    return http::Response::json(200, "{}");
  }
  return failure(405, "media take POST, GET and DELETE");
}

}  // namespace linekeeper::sandbox
