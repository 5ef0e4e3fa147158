package main

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/types"
)

func isOnWhatsApp(ctx context.Context, p *peer, with struct{ Phones []string }) (any, error) {
	found, err := p.client.IsOnWhatsApp(ctx, with.Phones)
	if err != nil {
		return nil, err
	}
	people := []fields{}
	for _, person := range found {
		people = append(people, fields{"query": person.Query, "jid": person.JID.String(), "in": person.IsIn})
	}
	return people, nil
}

func userInfo(ctx context.Context, p *peer, with someone) (any, error) {
	found, err := p.client.GetUserInfo(ctx, []types.JID{with.JID})
	if err != nil {
		return nil, err
	}
	info, known := found[with.JID]
	if !known {
		return fields{}, nil
	}
	devices := []string{}
	for _, device := range info.Devices {
		devices = append(devices, device.String())
	}
	return fields{"about": info.Status, "lid": info.LID.String(), "devices": devices, "picture": info.PictureID}, nil
}

func picture(ctx context.Context, p *peer, with someone) (any, error) {
	return p.client.GetProfilePictureInfo(ctx, with.JID, nil)
}

func privacy(ctx context.Context, p *peer, _ nothing) (any, error) {
	return p.client.TryFetchPrivacySettings(ctx, true)
}

func setPrivacy(ctx context.Context, p *peer, with struct {
	Name  types.PrivacySettingType `json:"name"`
	Value types.PrivacySetting     `json:"value"`
}) (any, error) {
	return p.client.SetPrivacySetting(ctx, with.Name, with.Value)
}

func setAbout(ctx context.Context, p *peer, with struct{ Text string }) (any, error) {
	return nil, p.client.SetStatusMessage(ctx, with.Text)
}

func disappearing(ctx context.Context, p *peer, with struct{ Seconds int }) (any, error) {
	return nil, p.client.SetDefaultDisappearingTimer(ctx, time.Duration(with.Seconds)*time.Second)
}
