// The settings of a supervisor as a message.
#include "processes/workers/supervisor_process.hpp"

namespace processes::supervisor {

void put(Encoder& encoder, const Settings& settings, const std::vector<SharedMemory>& shared) {
  encoder.put(settings.worker.transport);
  encoder.put(settings.worker.tasks_per_worker);
  encoder.put(settings.worker.initialiser.target);
  encoder.put(settings.worker.initialiser.arguments);
  encoder.put(settings.worker.rethrown);
  encoder.put(settings.worker.signals);
  encoder.put(settings.program);
  std::vector<Settings::Shared> described;
  for (const SharedMemory& memory : shared) described.push_back({memory.size(), memory.others()});
  encoder.put(described);
}

Settings get(Decoder& decoder) {
  Settings settings;
  settings.worker.transport = decoder.get<TransportOptions>();
  settings.worker.tasks_per_worker = decoder.get<std::uint64_t>();
  settings.worker.initialiser.target = decoder.get<Call::Target>();
  settings.worker.initialiser.arguments = decoder.get<std::string>();
  settings.worker.rethrown = decoder.get<std::vector<Rethrown>>();
  settings.worker.signals = decoder.get<SignalActions>();
  settings.program = decoder.get<pid_t>();
  settings.shared = decoder.get<std::vector<Settings::Shared>>();
  return settings;
}

}  // namespace processes::supervisor
