#include "test/catalog/fixture.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sqlite3.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "catalog/open.h"
#include "sql/queries.h"

namespace facenet {

RawDatabase::RawDatabase(const std::string& path) {
  if (sqlite3_open(path.c_str(), &connection_) != SQLITE_OK) throw std::runtime_error(path);
}

RawDatabase::~RawDatabase() {
  sqlite3_close(connection_);
}

void RawDatabase::execute(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(connection_));
}

std::string RawDatabase::value(const std::string& sql) {
  std::string value;
  const auto keep = [](void* result, int, char** columns, char**) {
    *static_cast<std::string*>(result) = columns[0] == nullptr ? "NULL" : columns[0];
    return 1;
  };
  sqlite3_exec(connection_, sql.c_str(), keep, &value, nullptr);
  return value;
}

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), message.npos) << message;
    return message;
  }
  return "";
}

namespace {

[[noreturn]] void answer(int pipe, const std::function<std::string()>& work) {
  std::string result;
  try {
    result = work();
  } catch (const std::exception& error) {
    result = error.what();
  }
  const ssize_t written = ::write(pipe, result.data(), result.size());
  _exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
}

}  // namespace

std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0) answer(ends[1], work);
  ::close(ends[1]);
  std::string result;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    result.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return result;
}

std::string as_plain_user(const std::function<std::string()>& work) {
  return in_child([&]() -> std::string {
    constexpr id_t kNobody = 65534;
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0))
      return "cannot become a plain user";
    return work();
  });
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void make_version(const std::string& path, std::size_t version) {
  SQLite::Database connection(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(connection, std::span(sql::migrations).first(version));
}

std::size_t newest_version() {
  return sql::migrations.size();
}

PhotoRecord make_photo(int number) {
  const std::string bytes = "photo " + std::to_string(number);
  return {.id = 0,
          .sha256 = sha256(std::as_bytes(std::span(bytes))),
          .format = "jpeg",
          .width = 4000,
          .height = 3000};
}

FaceRecord make_face(float x, float y) {
  FaceRecord face;
  face.x = x;
  face.y = y;
  face.width = 100.25F;
  face.height = 120.5F;
  face.score = 0.998F;
  face.landmarks = {x + 1, y + 2, x + 3, y + 4, x + 5, y + 6, x + 7, y + 8, x + 9, y + 10};
  return face;
}

}  // namespace facenet
