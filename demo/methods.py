"""The methods that the stand-in answers at once, each under the name that the Bot API documents."""

from __future__ import annotations

from collections.abc import Callable

from demo import about, editing, sending
from demo.params import Params
from demo.world import World

Method = Callable[[World, Params], object]
"""Called with the world's lock held; raises RefusalError."""

AT_ONCE: dict[str, Method] = {
    "getMe": about.get_me,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.sender_of("photo"),
    "sendDocument": sending.sender_of("document"),
    "sendVoice": sending.sender_of("voice"),
    "sendVideo": sending.sender_of("video"),
    "sendAudio": sending.sender_of("audio"),
    "sendSticker": sending.sender_of("sticker"),
    "copyMessage": sending.copy_message,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "answerCallbackQuery": editing.answer_callback_query,
    "getChat": about.get_chat,
    "getChatMember": about.get_chat_member,
    "getChatMemberCount": about.get_chat_member_count,
    "getChatAdministrators": about.get_chat_administrators,
    "leaveChat": about.leave_chat,
    "setMyCommands": about.set_my_commands,
    "getMyCommands": about.get_my_commands,
    "deleteMyCommands": about.delete_my_commands,
    "setMyDescription": about.set_my_description,
    "getMyDescription": about.get_my_description,
    "setMyShortDescription": about.set_my_short_description,
    "getMyShortDescription": about.get_my_short_description,
    "getFile": about.get_file,
}
DELIVERY = ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
SPELLING = {name.lower(): name for name in (*AT_ONCE, *DELIVERY)}
"""Lower case → documented spelling: the server does not mind the case."""
