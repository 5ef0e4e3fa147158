package main

import (
	"fmt"
	"strings"
	"sync"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
)

// mediaSeen keeps what may be downloaded later, by message id.
type mediaSeen struct {
	lock     sync.Mutex
	messages map[string]*waE2E.Message
}

func (m *mediaSeen) put(id string, message *waE2E.Message) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.messages == nil {
		m.messages = map[string]*waE2E.Message{}
	}
	m.messages[id] = message
}

func (m *mediaSeen) get(id string) *waE2E.Message {
	m.lock.Lock()
	defer m.lock.Unlock()
	return m.messages[id]
}

func textOf(message *waE2E.Message) string {
	if text := message.GetConversation(); text != "" {
		return text
	}
	return message.GetExtendedTextMessage().GetText()
}

func kindOf(message *waE2E.Message) string {
	switch {
	case message.GetConversation() != "" || message.GetExtendedTextMessage() != nil:
		return "text"
	case message.GetDocumentMessage() != nil:
		return "document"
	case message.GetReactionMessage() != nil:
		return "reaction"
	case message.GetProtocolMessage() != nil:
		return strings.ToLower(message.GetProtocolMessage().GetType().String())
	}
	return "other"
}

type fields map[string]any

// report tells what happened, under whatsmeow's own names for events.
func (p *peer) report(happened any) {
	line := fields{"event": strings.TrimPrefix(fmt.Sprintf("%T", happened), "*events.")}
	switch e := happened.(type) {
	case *events.QR:
		line["codes"] = e.Codes
	case *events.PairSuccess:
		line["jid"], line["lid"], line["platform"] = e.ID.String(), e.LID.String(), e.Platform
	case *events.PairError:
		line["error"] = e.Error.Error()
	case *events.LoggedOut:
		line["onConnect"], line["reason"] = e.OnConnect, int(e.Reason)
	case *events.ConnectFailure:
		line["reason"] = int(e.Reason)
	case *events.TemporaryBan:
		line["code"], line["expire"] = int(e.Code), e.Expire.Seconds()
	case *events.StreamError:
		line["code"] = e.Code
	case *events.Message:
		p.reportMessage(line, e)
	case *events.UndecryptableMessage:
		line["id"], line["from"] = e.Info.ID, e.Info.Sender.String()
	case *events.Receipt:
		line["ids"], line["type"] = e.MessageIDs, string(e.Type)
		line["chat"], line["from"], line["own"] = e.Chat.String(), e.Sender.String(), e.IsFromMe
	case *events.Presence:
		line["from"], line["unavailable"] = e.From.String(), e.Unavailable
	case *events.ChatPresence:
		line["chat"], line["from"], line["state"] = e.Chat.String(), e.Sender.String(), string(e.State)
	case *events.OfflineSyncPreview:
		line["total"], line["messages"] = e.Total, e.Messages
	case *events.OfflineSyncCompleted:
		line["total"] = e.Count
	case *events.HistorySync:
		line["type"] = e.Data.GetSyncType().String()
	case *events.AppStateSyncComplete:
		line["name"] = string(e.Name)
	case *events.PushName:
		line["jid"], line["name"] = e.JID.String(), e.NewPushName
	case *events.PushNameSetting:
		line["name"] = e.Action.GetName()
	case *events.Mute:
		line["jid"], line["muted"] = e.JID.String(), e.Action.GetMuted()
	case *events.UserAbout:
		line["jid"], line["text"] = e.JID.String(), e.Status
	case *events.Picture:
		line["jid"], line["removed"] = e.JID.String(), e.Remove
	case *events.IdentityChange:
		line["jid"] = e.JID.String()
	case *events.JoinedGroup:
		line["jid"], line["name"], line["members"] = e.JID.String(), e.Name, len(e.Participants)
	case *events.GroupInfo:
		p.reportGroup(line, e)
	}
	p.out.say(line)
}

func (p *peer) reportMessage(line fields, e *events.Message) {
	line["id"], line["text"], line["kind"] = e.Info.ID, textOf(e.Message), kindOf(e.Message)
	line["chat"], line["from"], line["own"] = e.Info.Chat.String(), e.Info.Sender.String(), e.Info.IsFromMe
	line["name"], line["group"] = e.Info.PushName, e.Info.IsGroup
	if reaction := e.Message.GetReactionMessage(); reaction != nil {
		line["about"], line["text"] = reaction.GetKey().GetID(), reaction.GetText()
	}
	if change := e.Message.GetProtocolMessage(); change != nil {
		line["about"], line["text"] = change.GetKey().GetID(), textOf(change.GetEditedMessage())
	}
	if e.Message.GetDocumentMessage() != nil {
		p.seen.put(e.Info.ID, e.Message)
	}
}

func (p *peer) reportGroup(line fields, e *events.GroupInfo) {
	line["jid"] = e.JID.String()
	for name, people := range map[string]int{
		"join": len(e.Join), "leave": len(e.Leave), "promote": len(e.Promote), "demote": len(e.Demote),
	} {
		if people > 0 {
			line[name] = people
		}
	}
	if e.Name != nil {
		line["name"] = e.Name.Name
	}
	if e.Topic != nil {
		line["topic"] = e.Topic.Topic
	}
	if e.Announce != nil {
		line["announce"] = e.Announce.IsAnnounce
	}
	if e.Locked != nil {
		line["locked"] = e.Locked.IsLocked
	}
}
