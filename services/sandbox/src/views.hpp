#pragma once

#include <nlohmann/json.hpp>

#include "phone.hpp"
#include "sandbox.hpp"

namespace linekeeper::sandbox {

// What observers are shown, as JSON. Texts appear only in what a phone received: it is the phone's owner who asks.

nlohmann::json view(const Mail& mail);
nlohmann::json view(const SentMail& mail);
nlohmann::json view(const Stay& stay);
nlohmann::json view(const Device& device);
nlohmann::json view(const Line& line, std::int64_t now_ms);
nlohmann::json view(const Account& account);
nlohmann::json view(const JournalEntry& entry);
nlohmann::json view(const Fault& fault);
nlohmann::json view(const CoreCounters& counters);

}  // namespace linekeeper::sandbox
