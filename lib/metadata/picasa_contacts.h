#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metadata/walled_batch.h"

namespace facenet {

/// Names by contact_key().
using PicasaContacts = std::map<std::string, std::string>;

/// The number of a contact as it is compared: hexadecimal, in small letters, without the leading
/// zeros that some files have and others lack.
std::string contact_key(std::string_view number);

/// Picasa's contacts.xml: <contacts><contact id="8e62398ebda8c1a5" name="Anna" .../>...</contacts>.
/// Contacts without a number or a name are left out. Throws Error for what is no XML. Who has it
/// from a stranger calls what follows.
PicasaContacts read_picasa_contacts(std::string_view xml);

struct ContactsReading {
  PicasaContacts contacts{};
  std::string error{};  ///< why there are none; empty: it was read
};

/// The same in a process that can do no harm. One a text. Throws Interrupted.
std::vector<ContactsReading> read_contacts_behind_walls(std::span<const ForeignText> texts);

}  // namespace facenet
